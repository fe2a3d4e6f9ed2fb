//! Tables in and out.

use super::common::*;
use pricer::estimate::data::{Column, MISSING};
use pricer::estimate::read::read_table;
use pricer::estimate::sheet::{Cells, Sheet, coefficients};

#[test]
fn what_is_written_is_read_back() {
    let sheet = Sheet {
        columns: vec![
            ("sku", Cells::Text(vec![Some("a".into()), None, Some("b, \"c\"".into())])),
            ("price", Cells::Number(vec![Some(1.25e-9), None, Some(-3.0)])),
            ("n", Cells::Count(vec![None, Some(7), Some(-1)])),
        ],
    };
    let folder = tempfile::tempdir().unwrap();
    for name in ["out.csv", "out.parquet"] {
        let path = folder.path().join(name);
        sheet.write(&path).unwrap();
        let table = read_table(&path).unwrap();
        let Some(Column::Text(sku)) = table.find("sku") else { panic!("{table:?}") };
        assert_eq!(
            (sku.codes.as_slice(), sku.levels.join(";")),
            ([0, MISSING, 1].as_slice(), "a;b, \"c\"".into())
        );
        let (price, n) = (table.numbers("price").unwrap(), table.numbers("n").unwrap());
        assert!((price[0] - 1.25e-9).abs() < 1e-24 && price[1].is_nan() && n[0].is_nan() && n[2] < 0.0);
    }
    assert!(sheet.write(&folder.path().join("out.xlsx")).unwrap_err().to_string().contains(".parquet"));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2, "nothing is left aside");
    let (once, again) = (sheet.parquet().unwrap(), sheet.parquet().unwrap());
    assert_eq!(once, again);
}

#[test]
fn an_unidentified_coefficient_is_a_row_with_its_reason() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("panel.csv");
    std::fs::write(&path, "y,x,flat\n1,2,1\n2,3,1\n4,1,1\n3,7,1\n5,6,1\n").unwrap();
    let fit = fit(&read_table(&path).unwrap(), "y ~ x + flat", "iid");
    let csv = String::from_utf8(coefficients(&[(None, &fit)], &[]).csv().unwrap()).unwrap();
    assert!(csv.starts_with("term,estimate,se,t,p,low,high,n,reason,flags\n"), "{csv}");
    assert!(csv.contains("\nflat,,,,,,,5,`flat` does not vary"), "{csv}");
}
