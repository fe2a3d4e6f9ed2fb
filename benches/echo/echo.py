"""The same question answered by Python's grpcio, without even reading it: `echo.py ANSWER`, the bytes to answer with."""

import sys
from concurrent import futures

import grpc

answer = open(sys.argv[1], "rb").read()


class Echo(grpc.GenericRpcHandler):
    def service(self, call):
        if call.method == "/pricer.v1.PricingService/QuotePrice":
            return grpc.unary_unary_rpc_method_handler(lambda request, context: answer)


server = grpc.server(futures.ThreadPoolExecutor(4), handlers=(Echo(),))
print(f"listening grpc://127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}", flush=True)
server.start()
server.wait_for_termination()
