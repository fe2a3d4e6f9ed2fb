//! `[rule.x.for.y]`: the parent with a difference, for a part of its scope.

use super::Context;
use super::entry::{Entry, entry};
use crate::rulebook::Diagnostic;
use crate::rulebook::syntax::{Node, wrong_type};

pub fn read_overlays(parent: &Entry, node: &Node, cx: &mut Context<'_>) -> Vec<Entry> {
    let Some(table) = node.as_table() else {
        wrong_type(node, &format!("tables [{}.{}.for.NAME]", parent.kind, parent.id), &mut cx.out);
        return Vec::new();
    };
    let mut overlays = Vec::new();
    for (name, keyed) in table.in_order() {
        let label: Box<str> = format!("{}.for.{name}", parent.id).into();
        cx.out.about(format!("{} `{label}`", parent.kind));
        let Some(own) = keyed.node.as_table() else {
            wrong_type(&keyed.node, "a table { … }", &mut cx.out);
            continue;
        };
        if !own.contains("where") {
            let title = format!("overlay `{label}` needs `where`");
            let text = "an overlay says for which part of its parent's scope it differs";
            cx.out.push(Diagnostic::error("E0203", title, keyed.node.span.clone(), text));
        }
        let mut overlay = entry(parent.kind, &parent.id, label, &keyed.node.span, own, cx);
        let mut scope = parent.scope.clone();
        scope.and(overlay.scope);
        overlay.scope = scope;
        overlay.body = parent.body.merged(&overlay.body);
        overlay.is_overlay = true;
        for key in ["for", "table"] {
            if let Some(nested) = own.entry(key) {
                let title = format!("an overlay cannot have `{key}`");
                cx.out.push(Diagnostic::error("E0201", title, nested.key.clone(), "write it at the parent"));
            }
        }
        overlays.push(overlay);
    }
    overlays
}
