//! W0409: a condition the wrong way round: a stock rule that works against the stock, rivals of which only the worst count.

use crate::rulebook::Diagnostic;
use crate::rulebook::book::Context;
use crate::rulebook::syntax::{Node, Table, Value};

/// Facts of which much means "sell" and little means "keep".
const PLENTY: [&str; 2] = ["stock_cover", "stock_units"];

pub fn find(root: &Table, cx: &mut Context<'_>) {
    stock(root, cx);
    let mut found = Vec::new();
    super::each_text(root, &mut Vec::new(), &mut |path, node| {
        let text = super::text_of(node);
        let worst = match path {
            [.., "use", "match"] if text.starts_with('<') => "only bad matches count",
            [.., "use", "age"] if text.starts_with('>') => "only old offers count",
            _ => return,
        };
        found.push(Diagnostic::warning("W0409", format!("`{text}`: {worst}"), node.span.clone(), worst).fix(
            crate::rulebook::Applicability::Maybe,
            "turn the comparison",
            Vec::new(),
        ));
    });
    found.into_iter().for_each(|finding| cx.out.push(finding));
}

fn stock(root: &Table, cx: &mut Context<'_>) {
    let Some(entries) = root.get("stock").and_then(Node::as_table) else { return };
    for (name, keyed) in entries.in_order() {
        let Some(entry) = keyed.node.as_table() else { continue };
        let (Some(adjust), Some(scope)) = (entry.get("adjust"), entry.get("where").and_then(Node::as_table))
        else {
            continue;
        };
        let Value::Text(change) = &adjust.value else { continue };
        for fact in PLENTY {
            let Some((Value::Text(cell), span)) = scope.get(fact).map(|node| (&node.value, &node.span))
            else {
                continue;
            };
            let much = cell.starts_with('>');
            let wrong = much && change.starts_with('+') || cell.starts_with('<') && change.starts_with('-');
            if wrong {
                let (stock, price) = if much { ("much", "raises") } else { ("little", "lowers") };
                let title = format!("`stock.{name}` {price} the price of what there is {stock} of");
                cx.out.push(
                    Diagnostic::warning("W0409", title, adjust.span.clone(), format!("{price} the price"))
                        .related(span.clone(), format!("holds where there is {stock}"))
                        .note("surplus is sold cheaper and what is scarce dearer; the other way round it stays or sells out")
                        .fix(
                            crate::rulebook::Applicability::Maybe,
                            "turn the sign of `adjust`, or the comparison",
                            Vec::new(),
                        ),
                );
            }
        }
    }
}
