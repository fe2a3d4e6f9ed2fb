//! `GET /metrics` for Prometheus, on a loopback port of its own so that scraping never waits for quotes.

use axum::Router;
use axum::http::header::CONTENT_TYPE;
use axum::routing::get;
use metrics_exporter_prometheus::PrometheusHandle;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// How often what was observed is folded into the histograms, so that it does not pile up when nobody scrapes.
const UPKEEP: Duration = Duration::from_secs(5);

/// Serves the page until the handle is aborted.
pub fn serve(listener: TcpListener, metrics: PrometheusHandle) -> JoinHandle<()> {
    let page = move || async move {
        let content = [(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")];
        (content, metrics.render())
    };
    tokio::spawn(async move {
        let served = axum::serve(listener, Router::new().route("/metrics", get(page))).await;
        if let Err(error) = served {
            tracing::warn!(%error, "metrics are no longer served");
        }
    })
}

/// Keeps the histograms folded, page or no page; never returns.
pub async fn upkeep(metrics: PrometheusHandle) {
    loop {
        tokio::time::sleep(UPKEEP).await;
        metrics.run_upkeep();
    }
}
