// Asks a running `pricer serve` for prices with @grpc/grpc-js.
//
//     npm install --prefix examples/node
//     node examples/node/quote.js [127.0.0.1:50051]
"use strict";

const assert = require("node:assert");
const path = require("node:path");
const grpc = require("@grpc/grpc-js");
const loader = require("@grpc/proto-loader");

const PROTO = path.join(__dirname, "../../proto");
const files = ["pricing", "fact"].map((name) => `pricer/v1/${name}.proto`);
// Amounts are 64-bit: as strings they stay exact.
const definition = loader.loadSync(files, { includeDirs: [PROTO], longs: String, enums: String, oneofs: true, defaults: true });
const { PricingService, FactService } = grpc.loadPackageDefinition(definition).pricer.v1;

const address = process.argv[2] ?? "127.0.0.1:50051";
// On another machine: grpc.credentials.createSsl(), and `authorization: Bearer …` as metadata of each call.
const credentials = grpc.credentials.createInsecure();
const pricing = new PricingService(address, credentials);
const facts = new FactService(address, credentials);

// A deadline belongs to every call.
const within = (seconds) => ({ deadline: Date.now() + 1000 * seconds });

function call(client, method, request) {
  return new Promise((resolve, reject) => {
    client[method](request, within(5), (error, answer) => (error ? reject(error) : resolve(answer)));
  });
}

function upload(messages) {
  return new Promise((resolve, reject) => {
    const stream = facts.upsertItems(within(10), (error, answer) => (error ? reject(error) : resolve(answer.summary)));
    messages.forEach((message) => stream.write(message));
    stream.end();
  });
}

// One answer for each chunk, in order. `for await` takes them one by one: the service waits for whoever reads slowly.
async function* stream(chunks) {
  const both = pricing.streamQuotePrices(within(30));
  chunks.forEach((requests) => both.write({ requests }));
  both.end();
  for await (const answer of both) yield answer.results;
}

function text({ units, nanos, currency_code }) {
  const sign = BigInt(units) < 0n || nanos < 0 ? "-" : "";
  const whole = units.replace("-", "");
  return `${sign}${whole}.${String(Math.abs(nanos) / 10_000_000).padStart(2, "0")} ${currency_code}`;
}

async function main() {
  const here = { market: "DE", channel: "own" };

  const { decision } = await call(pricing, "quotePrice", { sku: "TEL-A55", want_quote_token: true, ...here });
  console.log(`TEL-A55 costs ${text(decision.price.gross)}, by rule ${decision.winner.rule}`);
  assert.equal(decision.price.gross.currency_code, "EUR");

  // Checkout hands the token back: what the page showed is what the cart charges.
  const { claims } = await call(pricing, "verifyQuote", { quote_token: decision.quote_token, sku: "TEL-A55" });
  assert.deepEqual(claims.gross, decision.price.gross);
  console.log(`  promised until ${new Date(1000 * Number(claims.valid_until.seconds)).toISOString()}`);

  // New facts. The sequence makes it safe to send them again: the second time changes nothing.
  const item_facts = {
    sku: "JS-1",
    cost: { currency_code: "EUR", units: "12", nanos: 500_000_000 },
    attributes: { category: "electronics/accessories/cables", brand: "Acme" },
  };
  for (let again = 0; again < 2; again++) {
    const summary = await upload([{ source: "node-example", items: [{ stamp: { sequence: 1 }, item_facts }] }]);
    assert.deepEqual([Number(summary.applied) + Number(summary.superseded), summary.rejected], [1, "0"]);
  }

  // Many prices, chunk by chunk; one bad item fails nobody else.
  const skus = ["TEL-A55", "JS-1", "no such item"];
  const chunks = [skus, skus].map((chunk) => chunk.map((sku) => ({ sku, ...here })));
  for await (const results of stream(chunks)) {
    const told = results.map(({ outcome, decision, error }) =>
      outcome === "decision" ? text(decision.price.gross) : error.reason);
    console.log(`  ${skus.map((sku, at) => `${sku}: ${told[at]}`).join(", ")}`);
    assert.deepEqual(results.map(({ outcome }) => outcome), ["decision", "decision", "error"]);
  }

  // An error says what is wrong.
  await assert.rejects(call(pricing, "quotePrice", { sku: "TEL-A55", market: "XX", channel: "own" }), (error) => {
    console.log(`no price in XX: ${grpc.status[error.code]}, ${error.details}`);
    return error.code === grpc.status.NOT_FOUND;
  });
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
}).finally(() => {
  pricing.close();
  facts.close();
});
