//! Tables.

use super::Entry;

pub(super) const ENTRIES: &[Entry] = &[
    Entry {
        code: "E0601",
        title: "a table that does not exist",
        why: "A rule without its rows prices nothing.",
        wrong: "table = \"tables/plam.csv\"",
        right: "table = \"tables/plan.csv\"",
        cure: "Correct the path, or put the CSV file into `tables/`.",
    },
    Entry {
        code: "E0602",
        title: "a table that is not separated by commas",
        why: "A spreadsheet in a German locale saves semicolons and decimal commas; read as commas every cell would be another.",
        wrong: "category;set price.cost-plus.margin\naudio/**;20%",
        right: "category,set price.cost-plus.margin\naudio/**,20%",
        cure: "Save the table as CSV UTF-8 with commas.",
    },
    Entry {
        code: "E0604",
        title: "a row that does not fit the header",
        why: "A cell too many most often is a decimal comma, and every cell after it would stand in the wrong column.",
        wrong: "audio/**,16,5%",
        right: "audio/**,16.5%",
        cure: "Put a cell with a comma in double quotes, and write decimals with a point.",
    },
    Entry {
        code: "E0605",
        title: "a table without what it must have",
        why: "The header names what the rows differ in: at least one `set price.…` column, and at least one row.",
        wrong: "sku,price",
        right: "sku,set price.fixed",
        cure: "Add the column or the row.",
    },
    Entry {
        code: "E0606",
        title: "an empty cell where a condition is due",
        why: "An empty cell says neither all nor none.",
        wrong: ",20%",
        right: "audio/**,20%",
        cure: "Write `-` for \"any\", or fill the cell, or delete the row.",
    },
    Entry {
        code: "W0611",
        title: "a value that no item has",
        why: "With `--catalog`: no item has this value. Most often it is misspelled, or a spreadsheet has removed the zeros of a SKU.",
        wrong: "",
        right: "",
        cure: "Take the value that is offered, or correct it.",
    },
];
