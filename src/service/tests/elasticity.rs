//! `ElasticityService` over a real socket: the numbers of `pricer estimate`, and every limit with its field.

use super::*;
use proto::elasticity_service_client::ElasticityServiceClient;
use proto::panel_column::Values;
use proto::{EstimateElasticityRequest, NumberColumn, PanelColumn, PoolingMethod, Regression, TextColumn};
use tonic::{Code, Status};

fn numbers(name: &str, values: Vec<f64>) -> PanelColumn {
    PanelColumn { name: name.to_owned(), values: Some(Values::Numbers(NumberColumn { values })) }
}

fn texts(name: &str, values: Vec<&str>) -> PanelColumn {
    let values = values.into_iter().map(str::to_owned).collect();
    PanelColumn { name: name.to_owned(), values: Some(Values::Texts(TextColumn { values })) }
}

/// Three SKUs over 24 weeks; ln units = 5 − 2·ln price for `a`, − 3 for `b`, and `c` never changes its price.
fn panel() -> Vec<PanelColumn> {
    let (mut sku, mut week, mut units, mut price) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for (name, elasticity) in [("a", -2.0), ("b", -3.0), ("c", 0.0)] {
        for at in 0..24_u32 {
            let p = if name == "c" { 2.0 } else { 1.0 + f64::from((at * 7) % 11) / 10.0 };
            let noise = (f64::from((at * 5) % 13) - 6.0) / 100.0;
            sku.push(name);
            week.push(f64::from(at));
            price.push(p);
            units.push((5.0 + elasticity * p.ln() + noise).exp());
        }
    }
    vec![texts("sku", sku), numbers("week", week), numbers("units", units), numbers("price", price)]
}

fn ask_for(formula: &str) -> EstimateElasticityRequest {
    EstimateElasticityRequest {
        columns: panel(),
        formula: formula.to_owned(),
        ..EstimateElasticityRequest::default()
    }
}

async fn estimate(
    service: &Running,
    request: EstimateElasticityRequest,
) -> Result<Vec<Regression>, Box<Status>> {
    let mut client = ElasticityServiceClient::connect(service.url()).await.unwrap();
    let answer = client.estimate_elasticity(request).await.map_err(Box::new)?;
    Ok(answer.into_inner().regressions)
}

#[tokio::test]
async fn a_panel_is_estimated_like_from_the_command_line() {
    let service = start(&Script::new("guards=1"), config()).await;
    let request = EstimateElasticityRequest {
        vcov: "cluster:week".to_owned(),
        ..ask_for("log(units) ~ log(price) | sku")
    };
    let answer = estimate(&service, request).await.unwrap();
    let [only] = &answer[..] else { panic!("{answer:?}") };
    let price = &only.coefficients[0];
    assert_eq!((price.term.as_str(), only.rows), ("log(price)", 72));
    assert!((price.estimate.unwrap() + 2.5).abs() < 0.05, "{price:?}");
    assert!(price.low.unwrap() < price.estimate.unwrap() && price.estimate.unwrap() < price.high.unwrap());
    assert!(only.vcov_convention.contains("CRV1") && only.r2_within.unwrap() > 0.8, "{only:?}");

    // By group, with a group that nothing can be said of, and shrinkage.
    let request = EstimateElasticityRequest {
        by: "sku".to_owned(),
        pooling: PoolingMethod::DersimonianLaird.into(),
        ..ask_for("log(units) ~ log(price)")
    };
    let answer = estimate(&service, request).await.unwrap();
    let groups: Vec<&str> = answer.iter().map(|regression| regression.group.as_str()).collect();
    assert_eq!(groups, ["a", "b", "c"]);
    let of = |at: usize| answer[at].coefficients.iter().find(|found| found.term == "log(price)");
    assert!((of(0).unwrap().estimate.unwrap() + 2.0).abs() < 0.05);
    assert!((of(1).unwrap().estimate.unwrap() + 3.0).abs() < 0.05);
    let pooled = answer[0].pooled.as_ref().unwrap();
    assert!(
        pooled.estimate < of(0).unwrap().estimate.unwrap() && (pooled.mean + 2.5).abs() < 0.1,
        "{pooled:?}"
    );
    let unknown = of(2).unwrap();
    assert_eq!(unknown.estimate, None);
    assert!(!unknown.unidentified_reason.is_empty(), "{unknown:?}");
    service.stop().await.unwrap();
}

#[tokio::test]
async fn what_is_wrong_is_told_with_its_field() {
    let service = start(&Script::new("guards=1"), config()).await;
    let formula = "log(units) ~ log(price)";
    let change = |change: &dyn Fn(&mut EstimateElasticityRequest)| {
        let mut request = ask_for(formula);
        change(&mut request);
        request
    };
    let cases: Vec<(EstimateElasticityRequest, &str, &str)> = vec![
        (change(&|r| r.formula.clear()), "formula", "is missing"),
        (change(&|r| r.formula = "log(units) ~ log(pric)".into()), "formula", "did you mean `price`"),
        (change(&|r| r.formula = "log(units ~ price".into()), "formula", "is not understood"),
        (change(&|r| r.formula = "x".repeat(2_001)), "formula", "2000 characters"),
        (
            change(&|r| r.formula = format!("units ~ {}price{}", "(".repeat(900), ")".repeat(900))),
            "formula",
            "is not",
        ),
        (
            change(&|r| r.formula = "units ~ i(week):i(sku):i(price)".into()),
            "formula",
            "at most 200 regressors",
        ),
        (change(&|r| r.vcov = "robust".into()), "vcov", "hetero"),
        (change(&|r| r.vcov = "cluster:shop".into()), "formula", "no column `shop`"),
        (change(&|r| r.weights = "(".into()), "weights", "is not understood"),
        (change(&|r| r.filter = "week >".into()), "filter", "is not understood"),
        (change(&|r| r.filter = "week > 99".into()), "formula", "no rows"),
        (change(&|r| r.by = "shop".into()), "by", "no column `shop`"),
        (change(&|r| r.pooling = 1), "pooling", "needs `by`"),
        (change(&|r| r.within = "sku".into()), "within", "needs `pooling`"),
        (change(&|r| r.family = 9), "family", "no family"),
        (change(&|r| r.columns.clear()), "columns", "is empty"),
        (change(&|r| r.columns[1].name.clear()), "columns[1].name", "1 to 100"),
        (change(&|r| r.columns[1].name = "sku".into()), "columns[1].name", "earlier column"),
        (change(&|r| r.columns[1].values = None), "columns[1].values", "is missing"),
        (change(&|r| r.columns[1] = numbers("week", vec![1.0])), "columns[1].numbers", "72"),
        (
            change(&|r| r.columns[1] = numbers("week", vec![f64::NEG_INFINITY; 72])),
            "columns[1].numbers.values[0]",
            "is infinite",
        ),
    ];
    for (request, field, why) in cases {
        let status = estimate(&service, request).await.unwrap_err();
        assert_eq!(status.code(), Code::InvalidArgument, "{field}: {status:?}");
        let violations = status.get_error_details().bad_request().unwrap().field_violations.clone();
        let found = violations.iter().find(|violation| violation.field == field);
        let found = found.unwrap_or_else(|| panic!("{field}: {violations:?}"));
        assert!(found.description.contains(why), "{field}: {}", found.description);
    }
    let mut request = ask_for(formula);
    request.columns = vec![numbers("units", vec![1.0; 20_001]), numbers("price", vec![1.0; 20_001])];
    let status = estimate(&service, request).await.unwrap_err();
    assert_eq!(status.get_error_details().error_info().unwrap().reason, "BATCH_TOO_LARGE");
    // Several at once.
    let request = EstimateElasticityRequest { vcov: "x".into(), family: 7, ..ask_for("") };
    let status = estimate(&service, request).await.unwrap_err();
    assert_eq!(status.get_error_details().bad_request().unwrap().field_violations.len(), 3);
    // Missing numbers are left out and counted, and no NaN leaves.
    let mut request = ask_for(formula);
    if let Some(Values::Numbers(column)) = &mut request.columns[2].values {
        column.values[3] = f64::NAN;
    }
    let answer = estimate(&service, request).await.unwrap();
    assert_eq!((answer[0].rows, answer[0].dropped[0].rows), (71, 1));
    // The service goes on.
    assert!(service.quote(known("A")).await.is_ok());
    service.stop().await.unwrap();
}
