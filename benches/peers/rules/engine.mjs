// The 20 rules of rules.py in json-rules-engine: `node engine.mjs ITEMS.json RULES.json` prints CPU microseconds per item and the margins.
// One call finds the margin of one item; every rule is looked at, the last that holds has the lowest priority and is the one kept.
import { readFileSync } from "node:fs";
import { Engine } from "json-rules-engine";

const [items, rules] = process.argv.slice(2).map((path) => JSON.parse(readFileSync(path)));
const engine = new Engine();
rules.forEach(({ category, brand, margin }, at) => {
  const all = [];
  if (category) all.push({ fact: "category", operator: "equal", value: category });
  if (brand) all.push({ fact: "brand", operator: "equal", value: brand });
  engine.addRule({ conditions: { all }, event: { type: "margin", params: { margin } }, priority: rules.length - at });
});
const margins = [];
const price = async (item) => {
  const { events } = await engine.run(item);
  return (item.cost * 1.006 * 1.19) / (1 - events[0].params.margin / 100);
};
for (const item of items.slice(0, 500)) await price(item);
const before = process.cpuUsage();
for (const item of items) margins.push(await price(item));
const used = process.cpuUsage(before);
console.log(JSON.stringify({ micros: (used.user + used.system) / items.length, prices: margins }));
