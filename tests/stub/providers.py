"""All providers in one server, for tests and to play with:

    python3 tests/stub/providers.py --port 8080

prints what each request was, what it said to people, and what the provider would have answered.
"""
import argparse
import os
import sys
import time

if __name__ == "__main__":
    sys.path[0] = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

from stub.chat import DingTalk, Feishu, Slack, Teams, WeCom
from stub.server import Answer, Request, Stub
from stub.sms import AliyunReceipts, AliyunSms, TencentReceipts, TencentSms
from stub.webhook import Webhook

__all__ = ["AliyunSms", "Answer", "DingTalk", "Feishu", "Request", "Slack", "Stub", "Teams", "TencentSms", "WeCom", "Webhook",
           "all_providers"]


def all_providers(**instead):
    """One of each with its default secrets; dingtalk=DingTalk(...) puts another in its place."""
    providers = {provider.name: provider for provider in
                 (DingTalk(), WeCom(), Feishu(), Slack(), Teams(), TencentSms(), Webhook(), AliyunSms())}
    providers.update(instead)
    receipts = [AliyunReceipts(providers["aliyun_sms"]), TencentReceipts(providers["tencent_sms"])]
    providers = {**{one.name: one for one in receipts}, **providers}
    return list(providers.values())


def main():
    options = argparse.ArgumentParser(description="stand-ins for the providers on 127.0.0.1")
    options.add_argument("--port", type=int, default=0)
    options.add_argument("--certificate", help="PEM file with key and certificate: serve HTTPS")
    given = options.parse_args()
    with Stub(all_providers(), certificate=given.certificate, port=given.port) as stub:
        print(stub.url, flush=True)
        shown = 0
        while True:
            time.sleep(0.1)
            for record in stub.recorded[shown:]:
                print(record, *record.doubts, sep="\n", flush=True)
                shown += 1


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        pass
