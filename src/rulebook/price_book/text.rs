//! The price book for a terminal or a diff.

use super::PriceBook;
use std::fmt::Write as _;

pub fn page(book: &PriceBook) -> String {
    let mut out = format!("{}\nrelease {}\n", book.title, book.release);
    for section in &book.sections {
        let _ = write!(
            out,
            "\n{}\n{}\n{}\n",
            section.title,
            "=".repeat(section.title.chars().count()),
            section.lead
        );
        for card in &section.cards {
            let owner = if card.owner.is_empty() { String::new() } else { format!(", owner {}", card.owner) };
            let at = if card.at.is_empty() { String::new() } else { format!("  {}", card.at) };
            let _ = writeln!(out, "\n{} ({}{owner}){at}", card.name, card.tag);
            if !card.why.is_empty() {
                let _ = writeln!(out, "  Why: {}", card.why);
            }
            for part in &card.parts {
                for (places, sentence) in &part.says {
                    let label =
                        if part.label == card.name { String::new() } else { format!("{}: ", part.label) };
                    let places = places.as_ref().map(|places| format!("[{places}] ")).unwrap_or_default();
                    let _ = writeln!(out, "  {label}{places}{sentence}");
                }
            }
        }
    }
    out
}
