//! `GET /metrics` for Prometheus, on a port of its own so that scraping never waits for quotes.

use super::super::state::State;
use super::Metrics;
use axum::Router;
use axum::http::header::CONTENT_TYPE;
use axum::routing::get;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// Serves the page until the handle is aborted.
pub fn serve(listener: TcpListener, metrics: Arc<Metrics>, state: Arc<State>) -> JoinHandle<()> {
    let page = move || async move {
        let content = [(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")];
        (content, metrics.page(&state))
    };
    tokio::spawn(async move {
        let served = axum::serve(listener, Router::new().route("/metrics", get(page))).await;
        if let Err(error) = served {
            tracing::warn!(%error, "metrics are no longer served");
        }
    })
}
