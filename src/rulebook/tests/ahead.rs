//! Mistakes in the strategies that look ahead: one each.

use super::broken::price;

#[test]
fn strategies_that_look_ahead() {
    price("optimise = { for = \"profit\" }", "E0203", "optimise");
    let optimise = |rest: &str, code, span| price(&format!("optimise = {{ {rest} }}"), code, span);
    optimise("for = \"profits\", within = \"8%\"", "E0211", "profits");
    optimise("for = \"profit\", within = \"0%\"", "E0407", "\"0%\"");
    optimise("for = \"profit\", within = \"8\"", "E0401", "8");
    optimise("for = \"profit\", within = \"8%\", confidence = \"40%\"", "E0407", "\"40%\"");
    optimise("for = \"profit\", within = \"8%\", demand = \"logti\"", "E0211", "logti");
    optimise("for = \"profit\", within = \"8%\", needs = { ci = \"<= 2w\" }", "E0402", "2w");
    optimise("for = \"profit\", within = \"8%\", needs = { weeks = \"26\" }", "E0201", "weeks");
    let mix = "{ profit = \"70%\", revenue = \"20%\" }";
    optimise(&format!("for = {mix}, within = \"8%\""), "E0408", mix);
    price("relative = { by = \"-15%\" }", "E0203", "relative");
    price("relative = { to = \"twn\" }", "E0210", "twn");
    price("relative = { to = \"brand\" }", "E0219", "brand");
    price("relative = { to = \"sku\" }", "E0219", "sku");
    let fade = |rest: &str, code, span| price(&format!("fade = {{ {rest} }}"), code, span);
    fade("start = \"-12%\", end = \"0%\", over = \"8w\"", "E0203", "fade");
    fade("start = \"-12%\", end = \"0%\", over = \"8w\", versus = \"position\"", "E0305", "\"position\"");
    fade("start = \"-12%\", end = \"0%\", over = \"0d\", versus = \"base\"", "E0407", "\"0d\"");
    fade("start = \"-12%\", end = \"0%\", over = \"8w\", versus = \"base\"", "E0210", "fade");
    price("markdown = { salvage = \"1 EUR\" }", "E0203", "markdown");
    let markdown = |rest: &str, code, span| {
        price(&format!("markdown = {{ sell_out_by = 2027-01-31, {rest} }}"), code, span);
    };
    price("markdown = { sell_out_by = \"brand\" }", "E0219", "brand");
    price("markdown = { sell_out_by = 2027-01-31T08:00:00 }", "E0202", "2027-01-31T08:00:00");
    markdown("salvage = \"30%\"", "E0402", "30%");
    markdown("salvage = \"30% of costs\"", "E0210", "costs");
    markdown("period = \"7d\"", "E0208", "period");
    markdown("ladder = [\"0%\"]", "E0407", "[\"0%\"]");
    markdown("ladder = [\"0%\", \"20%\"]", "E0407", "\"20%\"");
    markdown("ladder = [\"0%\", \"-20%\"], period = \"36h\"", "E0407", "\"36h\"");
    markdown("ladder = [\"0%\", \"-20%\"], curve = \"tables/x.csv\"", "E0208", "ladder");
}
