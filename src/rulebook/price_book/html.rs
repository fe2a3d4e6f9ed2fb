//! The price book as one HTML page, readable on a phone and on paper.

use super::{Card, PriceBook};
use std::fmt::Write as _;

const STYLE: &str = "\
:root{color-scheme:light dark;--line:#8884}\
body{font:16px/1.5 system-ui,sans-serif;max-width:52rem;margin:0 auto;padding:1rem;overflow-wrap:anywhere}\
h1{margin:0}h2{margin:2.5rem 0 .25rem}\
article{border:1px solid var(--line);border-radius:.5rem;padding:.75rem 1rem;margin:.75rem 0}\
h3{margin:0;font-size:1.05rem}.tag,.place{font-size:.85rem;border:1px solid var(--line);border-radius:1rem;padding:0 .5rem;font-weight:400}\
.meta{font-size:.85rem;opacity:.75;margin:0}.why{margin:.25rem 0;font-style:italic}\
ul{margin:.5rem 0 0;padding-left:1.1rem}li{margin:.25rem 0}code{font-size:.9em}nav a{margin-right:1rem;white-space:nowrap}\
@media print{article{break-inside:avoid}nav{display:none}}";

pub fn page(book: &PriceBook) -> String {
    let title = escaped(&book.title);
    let mut out = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{title}: the price book</title>\n<style>{STYLE}</style>\n</head>\n<body>\n\
         <h1>{title}</h1>\n<p class=\"meta\">The rulebook in plain sentences, made from release {}.</p>\n<nav>\n",
        escaped(&book.release)
    );
    for (at, section) in book.sections.iter().enumerate() {
        let _ = writeln!(out, "<a href=\"#s{at}\">{}</a>", escaped(section.title));
    }
    out.push_str("</nav>\n");
    for (at, section) in book.sections.iter().enumerate() {
        let _ = write!(
            out,
            "<section>\n<h2 id=\"s{at}\">{}</h2>\n<p>{}</p>\n",
            escaped(section.title),
            spoken(&section.lead)
        );
        section.cards.iter().for_each(|card| write_card(card, &mut out));
        out.push_str("</section>\n");
    }
    out.push_str("</body>\n</html>\n");
    out
}

fn write_card(card: &Card, out: &mut String) {
    let (name, tag) = (escaped(&card.name), escaped(&card.tag));
    let _ = writeln!(out, "<article>\n<h3>{name} <span class=\"tag\">{tag}</span></h3>");
    let owner = (!card.owner.is_empty()).then(|| format!("owner {}", escaped(&card.owner)));
    let at = (!card.at.is_empty()).then(|| format!("<code>{}</code>", escaped(&card.at)));
    let meta: Vec<String> = owner.into_iter().chain(at).collect();
    if !meta.is_empty() {
        let _ = writeln!(out, "<p class=\"meta\">{}</p>", meta.join(" · "));
    }
    if !card.why.is_empty() {
        let _ = writeln!(out, "<p class=\"why\">{}</p>", escaped(&card.why));
    }
    out.push_str("<ul>\n");
    for part in &card.parts {
        for (places, sentence) in &part.says {
            let label = match part.label == card.name {
                true => String::new(),
                false => format!("<b>{}</b> ", escaped(&part.label)),
            };
            let places =
                places.as_ref().map(|places| format!("<span class=\"place\">{}</span> ", escaped(places)));
            let _ = writeln!(out, "<li>{label}{}{}</li>", places.unwrap_or_default(), spoken(sentence));
        }
    }
    out.push_str("</ul>\n</article>\n");
}

/// A sentence with its `names` as code.
fn spoken(sentence: &str) -> String {
    let mut out = String::new();
    let parts: Vec<&str> = sentence.split('`').collect();
    // An odd mark out is no name.
    let paired = parts.len() % 2 == 1;
    for (at, part) in parts.iter().enumerate() {
        match (at % 2 == 1, paired) {
            (true, true) => out.push_str(&format!("<code>{}</code>", escaped(part))),
            (_, false) if 0 < at => out.push_str(&format!("`{}", escaped(part))),
            _ => out.push_str(&escaped(part)),
        }
    }
    out
}

/// Text that can stand in an element or attribute.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for next in text.chars() {
        match next {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            plain => out.push(plain),
        }
    }
    out
}
