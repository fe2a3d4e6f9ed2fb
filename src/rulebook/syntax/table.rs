//! CSV as it is declared: UTF-8, comma, decimal point, a header row. Nothing about it is guessed.

use super::{Findings, Node};
use crate::rulebook::{Diagnostic, Span};

/// A table whose cells know where they stand.
#[derive(Clone, Debug, Default)]
pub struct Csv {
    pub path: Box<str>,
    pub header: Vec<Node>,
    pub rows: Vec<Row>,
    /// Some rows did not fit and are left out.
    pub damaged: bool,
}

#[derive(Clone, Debug)]
pub struct Row {
    /// As a spreadsheet counts: the header is row 1.
    pub number: u32,
    pub line: Span,
    /// One for each column of the header.
    pub cells: Vec<Node>,
}

impl Csv {
    pub fn column(&self, name: &str) -> Option<usize> {
        self.header.iter().position(|node| node_text(node) == name)
    }
}

/// The text of a cell.
pub fn node_text(node: &Node) -> &str {
    match &node.value {
        super::Value::Text(text) => text,
        _ => "",
    }
}

/// Splits a file into rows; each row that does not fit its header is E0604 and left out. With a wrong header there is no table.
pub fn parse_csv(path: &str, text: &str, out: &mut Findings) -> Csv {
    let text_start = if text.starts_with('\u{feff}') { 3 } else { 0 };
    let mut csv = Csv { path: path.into(), ..Csv::default() };
    let mut at = text_start;
    let mut number = 0;
    while at < text.len() {
        let start = at;
        let mut cells = Vec::new();
        loop {
            let (cell, next, ended) = field(path, text, at, out);
            cells.push(cell);
            at = next;
            if ended {
                break;
            }
        }
        number += 1;
        let end = start + text.get(start..at).unwrap_or("").trim_end().len();
        let line = Span { file: path.into(), start, end };
        if end == start {
            continue;
        }
        if csv.header.is_empty() {
            if !check_header(&line, &cells, text, out) {
                return Csv::default();
            }
            csv.header = cells;
        } else if cells.len() == csv.header.len() {
            csv.rows.push(Row { number, line, cells });
        } else {
            csv.damaged = true;
            out.push(Diagnostic::error(
                "E0604",
                format!("row {number} has {} cells, the header {}", cells.len(), csv.header.len()),
                line,
                "a comma inside a cell needs the cell in double quotes; did a spreadsheet write a decimal comma?",
            ));
        }
    }
    if csv.header.is_empty() {
        let span = Span { file: path.into(), start: 0, end: 0 };
        out.push(Diagnostic::error("E0604", "the table is empty", span, "the first row names the columns"));
    }
    csv
}

fn check_header(line: &Span, cells: &[Node], text: &str, out: &mut Findings) -> bool {
    let before = out.count();
    let written = text.get(line.start..line.end).unwrap_or("");
    if cells.len() == 1 && (written.contains(';') || written.contains('\t')) {
        out.push(
            Diagnostic::error(
                "E0602",
                "the columns are not separated by commas",
                line.clone(),
                "tables are UTF-8 with commas between cells and decimal points",
            )
            .note("a spreadsheet in a German locale writes `;` and decimal commas: export the table with commas"),
        );
    }
    for (index, cell) in cells.iter().enumerate() {
        let name = node_text(cell);
        if name.is_empty() {
            out.push(Diagnostic::error(
                "E0604",
                format!("column {} has no name", index + 1),
                line.clone(),
                "the first row names the columns",
            ));
        } else if cells.iter().take(index).any(|other| node_text(other) == name) {
            out.push(Diagnostic::error(
                "E0205",
                format!("column `{name}` is written twice"),
                cell.span.clone(),
                "the second one",
            ));
        }
    }
    before == out.count()
}

/// One cell from `at`: the cell, where the next begins, and whether the row ended.
fn field(path: &str, text: &str, at: usize, out: &mut Findings) -> (Node, usize, bool) {
    let span = |start: usize, end: usize| Span { file: path.into(), start, end };
    let rest = text.get(at..).unwrap_or("");
    let Some(quoted) = rest.strip_prefix('"') else {
        let length = rest.find([',', '\n']).unwrap_or(rest.len());
        let raw = rest.get(..length).unwrap_or("");
        let cell = raw.trim();
        let start = at + raw.len() - raw.trim_start().len();
        let node = Node::text(cell, span(start, start + cell.len()), Some(start));
        return finish(text, node, at + length);
    };
    let mut value = String::new();
    let mut verbatim = true;
    let mut inner = quoted;
    loop {
        let Some(quote) = inner.find('"') else {
            out.push(Diagnostic::error(
                "E0604",
                "a quoted cell does not end",
                span(at, at + 1),
                "its closing `\"` is missing",
            ));
            return (Node::text(&value, span(at, text.len()), None), text.len(), true);
        };
        value.push_str(inner.get(..quote).unwrap_or(""));
        inner = inner.get(quote + 1..).unwrap_or("");
        match inner.strip_prefix('"') {
            Some(more) => {
                value.push('"');
                verbatim = false;
                inner = more;
            }
            None => break,
        }
    }
    let end = text.len() - inner.len();
    let node = Node::text(&value, span(at, end), verbatim.then_some(at + 1));
    let length = inner.find([',', '\n']).unwrap_or(inner.len());
    let after = inner.get(..length).unwrap_or("");
    if !after.trim().is_empty() {
        out.push(Diagnostic::error(
            "E0604",
            "text follows the closing quote",
            span(end, end + after.len()),
            "double a quote inside a quoted cell: `\"\"`",
        ));
    }
    finish(text, node, end + length)
}

fn finish(text: &str, node: Node, end: usize) -> (Node, usize, bool) {
    match text.as_bytes().get(end) {
        Some(b',') => (node, end + 1, false),
        Some(_) => (node, end + 1, true),
        None => (node, end, true),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_know_their_bytes() {
        let source = "sku,why\r\n0017,\"a \"\"b\"\", c\"\r\n\r\nx,\n";
        let mut out = Findings::default();
        let csv = parse_csv("t.csv", source, &mut out);
        assert!(out.is_empty());
        let texts: Vec<Vec<&str>> =
            csv.rows.iter().map(|row| row.cells.iter().map(node_text).collect()).collect();
        assert_eq!(texts, [["0017", "a \"b\", c"], ["x", ""]]);
        assert_eq!(csv.rows.iter().map(|row| row.number).collect::<Vec<_>>(), [2, 4]);
        let line = &csv.rows[0].line;
        assert_eq!(source.get(line.start..line.end).unwrap(), "0017,\"a \"\"b\"\", c\"");
        let part = csv.rows[0].cells[0].part(2..4);
        assert_eq!(source.get(part.start..part.end).unwrap(), "17");
    }

    #[test]
    fn foreign_dialects_are_refused() {
        let codes = |source: &str| {
            let mut out = Findings::default();
            parse_csv("t.csv", source, &mut out);
            out.into_sorted().iter().map(|f| f.code).collect::<Vec<_>>()
        };
        assert_eq!(codes("sku;why\n1;2\n"), ["E0602"]);
        assert_eq!(codes("sku,margin\nx,16,5%\n"), ["E0604"]);
        assert_eq!(codes(""), ["E0604"]);
        assert_eq!(codes("a,b\n\"x,1\n").first(), Some(&"E0604"));
    }
}
