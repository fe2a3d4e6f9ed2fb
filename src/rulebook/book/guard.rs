//! `[guard.NAME]`: what no price may leave.

use super::bound::{BoundSpec, read_bounds};
use super::competitors::spans;
use super::{Context, Entry, ScopeSpec, WindowSpec};
use crate::facts::Kind;
use crate::pricing::{FeedName, GuardClass, Info, StaleFeed};
use crate::rulebook::Diagnostic;
use crate::rulebook::syntax::{Fields, choice};

#[derive(Clone, Debug)]
pub struct GuardSpec {
    pub info: Info,
    pub is_overlay: bool,
    pub class: GuardClass,
    pub scope: ScopeSpec,
    pub window: WindowSpec,
    pub may_yield: bool,
    pub when: Option<StaleFeed>,
    pub bounds: Vec<BoundSpec>,
}

const CLASSES: &[(&str, GuardClass)] = &[
    ("legal", GuardClass::Legal),
    ("safety", GuardClass::Safety),
    ("contract", GuardClass::Contract),
    ("commercial", GuardClass::Commercial),
    ("comfort", GuardClass::Comfort),
];

pub fn read_guard(entry: &Entry, cx: &mut Context<'_>) -> (Info, Option<GuardSpec>) {
    let mut fields = entry.fields();
    let (info, window) = entry.read_common(&mut fields, cx);
    let before = cx.out.count();
    let class = fields.required("class").and_then(|node| choice(node, CLASSES, &mut cx.out));
    let mut bounds = read_bounds(&mut fields, cx);
    let (when, action) = (fields.entry("when"), fields.entry("action"));
    let stale = when.and_then(|(key, node)| {
        let mut fields = Fields::of(node, key, "`when`", &mut cx.out)?;
        let words = [("competitors", FeedName::Competitors), ("fx", FeedName::Fx)];
        let feed = fields.required("feed").and_then(|node| choice(node, &words, &mut cx.out));
        let age = fields.required("age");
        let age =
            age.and_then(|node| spans(node, Kind::Duration, "an age is a duration, such as `> 48h`", cx));
        fields.finish(&mut cx.out);
        let (age, _) = age?;
        Some(StaleFeed { feed: feed?, age: age.into() })
    });
    if let Some((_, node)) = action
        && choice(node, &[("keep price", ())], &mut cx.out).is_some()
    {
        bounds.push(BoundSpec::KeepPrice);
    }
    match (when, action) {
        (Some((key, _)), None) if bounds.is_empty() => {
            let title = format!("{} has a `when` and no `action`", entry.subject());
            cx.out.push(Diagnostic::error("E0203", title, key.clone(), "add `action = \"keep price\"`"));
        }
        (None, Some((key, _))) => {
            let title = format!("{} has an `action` and no `when`", entry.subject());
            let label = "add `when = { feed = \"competitors\", age = \"> 48h\" }`";
            cx.out.push(Diagnostic::error("E0203", title, key.clone(), label));
        }
        _ => {}
    }
    let yields = fields.optional("if_impossible");
    let may_yield = yields
        .is_some_and(|node| choice(node, &[("yield", ()), ("refuse", ())], &mut cx.out).is_some())
        && matches!(yields.map(|node| &node.value), Some(crate::rulebook::syntax::Value::Text(word)) if &**word == "yield");
    let clean = fields.is_clean();
    fields.finish(&mut cx.out);
    let known = cx.names.misread_attrs.is_empty();
    if bounds.is_empty() && clean && known && before == cx.out.count() {
        let title = format!("{} bounds nothing", entry.subject());
        let label = "add a bound, such as `min_margin = \"3%\"`";
        cx.out.push(Diagnostic::error("E0505", title, entry.header.clone(), label));
    }
    let spec = class.map(|class| GuardSpec {
        info: info.clone(),
        is_overlay: entry.is_overlay,
        class,
        scope: entry.scope.clone(),
        window,
        may_yield,
        when: stale,
        bounds,
    });
    (info, spec)
}
