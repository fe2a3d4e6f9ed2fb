"""Asks a running `pricer serve` for prices with grpcio.

    pip install -r examples/python/requirements.txt
    python examples/python/quote.py [127.0.0.1:50051]
"""

import pathlib
import sys
import tempfile

import grpc
from google.rpc import error_details_pb2
from grpc_status import rpc_status
from grpc_tools import protoc

PROTO = pathlib.Path(__file__).resolve().parents[2] / "proto"


def generate():
    """The client's classes, made from the protos. A project of your own does this once, when it is built."""
    out = tempfile.mkdtemp(prefix="pricer-")
    files = [str(path) for path in sorted(PROTO.glob("pricer/v1/*.proto"))]
    common = pathlib.Path(protoc.__file__).parent / "_proto"
    options = [f"-I{PROTO}", f"-I{common}", f"--python_out={out}", f"--grpc_python_out={out}"]
    if protoc.main(["protoc", *options, *files]) != 0:
        sys.exit("the protos do not compile")
    sys.path.insert(0, out)


generate()
from pricer.v1 import fact_pb2, fact_pb2_grpc, money_pb2, pricing_pb2, pricing_pb2_grpc  # noqa: E402


def text(money):
    """An amount exactly; never through a float."""
    sign = "-" if money.units < 0 or money.nanos < 0 else ""
    return f"{sign}{abs(money.units)}.{abs(money.nanos) // 10_000_000:02d} {money.currency_code}"


def main(address):
    # On another machine: grpc.secure_channel, and `authorization: Bearer …` as metadata of each call.
    with grpc.insecure_channel(address) as channel:
        pricing = pricing_pb2_grpc.PricingServiceStub(channel)
        facts = fact_pb2_grpc.FactServiceStub(channel)

        # One price. A deadline belongs to every call.
        here = {"market": "DE", "channel": "own"}
        request = pricing_pb2.QuotePriceRequest(sku="TEL-A55", want_quote_token=True, **here)
        decision = pricing.QuotePrice(request, timeout=2).decision
        print(f"TEL-A55 costs {text(decision.price.gross)}, by rule {decision.winner.rule}")
        assert decision.price.gross.currency_code == "EUR" and decision.price.gross.units > 0

        # Checkout hands the token back: what the page showed is what the cart charges.
        promised = pricing.VerifyQuote(
            pricing_pb2.VerifyQuoteRequest(quote_token=decision.quote_token, sku="TEL-A55"), timeout=2
        ).claims
        print(f"  promised until {promised.valid_until.ToJsonString()}")
        assert promised.gross == decision.price.gross

        # New facts. The sequence makes it safe to send them again: the second time changes nothing.
        item = pricing_pb2.ItemFacts(
            sku="PY-1",
            cost=money_pb2.Money(currency_code="EUR", units=12, nanos=500_000_000),
            attributes={"category": "electronics/accessories/cables", "brand": "Acme"},
        )
        upload = [
            fact_pb2.UpsertItemsRequest(
                source="python-example",
                items=[fact_pb2.ItemUpsert(stamp=fact_pb2.FactStamp(sequence=1), item_facts=item)],
            )
        ]
        for _ in range(2):
            summary = facts.UpsertItems(iter(upload), timeout=10).summary
            assert (summary.applied + summary.superseded, summary.rejected) == (1, 0), summary

        # Many prices from one release and one fact set; one bad item fails nobody else.
        skus = ["TEL-A55", "PY-1", "no such item"]
        requests = [pricing_pb2.QuotePriceRequest(sku=sku, **here) for sku in skus]
        batch = pricing.BatchQuotePrices(pricing_pb2.BatchQuotePricesRequest(requests=requests), timeout=10)
        outcomes = []
        for sku, result in zip(skus, batch.results):
            outcomes.append(result.WhichOneof("outcome"))
            if outcomes[-1] == "decision":
                print(f"  {sku}: {text(result.decision.price.gross)}")
            else:
                print(f"  {sku}: {result.error.reason}")
        assert outcomes == ["decision", "decision", "error"]

        # An error says what is wrong, for programs.
        try:
            pricing.QuotePrice(pricing_pb2.QuotePriceRequest(sku="TEL-A55", market="XX", channel="own"), timeout=2)
            raise AssertionError("there is no market XX")
        except grpc.RpcError as error:
            info = error_details_pb2.ErrorInfo()
            details = rpc_status.from_call(error).details
            assert any(detail.Unpack(info) for detail in details)
            print(f"no price in XX: {error.code().name} {info.reason}")
            assert (error.code(), info.reason) == (grpc.StatusCode.NOT_FOUND, "MARKET_NOT_FOUND")


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1:50051")
