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
        code: "E0607",
        title: "two rows of a curve for one day",
        why: "Each number of days left has one price; which row should hold would be a guess. Both ends of `7d ..= 14d` belong to it.",
        wrong: "7d ..= 14d,-20%",
        right: "8d ..= 14d,-20%",
        cure: "Let the rows meet without sharing a day.",
    },
    Entry {
        code: "E0608",
        title: "a markdown that rises",
        why: "Towards the end of a sale the price may fall or stay, and each rung of a ladder is below the one before: customers who waited must not pay more.",
        wrong: "ladder = [\"0%\", \"-40%\", \"-20%\"]",
        right: "ladder = [\"0%\", \"-20%\", \"-40%\"]",
        cure: "Put the steps in order, the deepest last.",
    },
    Entry {
        code: "W0609",
        title: "days without a row in a curve",
        why: "On such a day the strategy has no price: what stands under `else` decides, or the price is held in the middle of the sale.",
        wrong: "> 14d,0%",
        right: ">= 14d,0%",
        cure: "Let the rows cover every day from 0 to the first.",
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
