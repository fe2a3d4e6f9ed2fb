//! `[segment.NAME]`: groups of customers.

use super::{Context, ScopeSpec, Who, read_where};
use crate::rulebook::Origin;
use crate::rulebook::syntax::{Fields, Table, wrong_type};

#[derive(Clone, Debug)]
pub struct SegmentSpec {
    pub name: Box<str>,
    pub scope: ScopeSpec,
    pub origin: Origin,
}

pub fn read_segments(root: &Table, cx: &mut Context<'_>) -> Vec<SegmentSpec> {
    let Some(node) = root.get("segment") else {
        return Vec::new();
    };
    let Some(table) = node.as_table() else {
        wrong_type(node, "tables [segment.NAME]", &mut cx.out);
        return Vec::new();
    };
    let mut segments = Vec::new();
    for (name, keyed) in table.in_order() {
        cx.names.segments.push(name.into());
        cx.out.about(format!("segment `{name}`"));
        let Some(mut fields) = Fields::of(&keyed.node, &keyed.key, format!("segment `{name}`"), &mut cx.out)
        else {
            continue;
        };
        let scope = fields.required("where").map(|node| read_where(node, Who::Customer, cx));
        fields.finish(&mut cx.out);
        segments.extend(scope.map(|scope| SegmentSpec {
            name: name.into(),
            scope,
            origin: Origin {
                kind: "segment",
                label: name.into(),
                owner: "".into(),
                header: keyed.node.span.clone(),
                keys: keyed.node.as_table().map(Table::spans).unwrap_or_default(),
            },
        }));
    }
    cx.out.about(None);
    segments
}
