"""The providers' signatures, recomputed from what arrived.

Each function follows the provider's own document and takes the request as it came over the wire. Nothing here comes from
the programs under test; tests/data holds the vectors that the vendors' SDKs made.
"""
import base64
import hashlib
import hmac
import urllib.parse


def sha256_hex(data):
    return hashlib.sha256(data).hexdigest()


def hmac_sha256(key, data):
    return hmac.new(key, data, hashlib.sha256).digest()


def same(one, other):
    return hmac.compare_digest(one.encode(), other.encode())


def percent_encode(text):
    """RFC 3986 over UTF-8: all but A-Z a-z 0-9 - _ . ~ becomes %XX."""
    return urllib.parse.quote(text, safe="-_.~")


def dingtalk(secret, timestamp_ms):
    """Base64 of HMAC-SHA256, keyed with the secret as text.

    https://open.dingtalk.com/document/robots/customize-robot-security-settings
    """
    return base64.b64encode(hmac_sha256(secret.encode(), f"{timestamp_ms}\n{secret}".encode())).decode()


def feishu(secret, timestamp_s):
    """Base64 of HMAC-SHA256 over nothing, keyed with time and secret.

    https://open.feishu.cn/document/ukTMukTMukTM/ucTM5YjL3ETO24yNxkjN
    """
    return base64.b64encode(hmac_sha256(f"{timestamp_s}\n{secret}".encode(), b"")).decode()


def canonical_query(pairs):
    """Sorted by name in byte order; an empty value keeps its equals sign."""
    ordered = sorted(pairs, key=lambda pair: (pair[0].encode(), pair[1].encode()))
    return "&".join(f"{percent_encode(name)}={percent_encode(value)}" for name, value in ordered)


def aliyun_v1_string(method, parameters):
    """https://help.aliyun.com/zh/sdk/product-overview/rpc-mechanism; all parameters but Signature."""
    pairs = [(name, value) for name, value in parameters.items() if name != "Signature"]
    return f"{method}&%2F&{percent_encode(canonical_query(pairs))}"


def aliyun_v1(method, parameters, access_key_secret):
    text = aliyun_v1_string(method, parameters)
    return base64.b64encode(hmac.new(f"{access_key_secret}&".encode(), text.encode(), hashlib.sha1).digest()).decode()


def canonical_headers(headers, signed, fold_values):
    """`signed` names in their order; `headers` has lower-case names."""
    def value(name):
        text = headers.get(name, "").strip()
        return text.lower() if fold_values else text
    return "".join(f"{name}:{value(name)}\n" for name in signed)


def aliyun_v3_request(method, uri, query_pairs, headers, signed, body):
    """The CanonicalRequest of https://help.aliyun.com/zh/sdk/product-overview/v3-request-structure-and-signature."""
    return "\n".join([method, uri, canonical_query(query_pairs), canonical_headers(headers, signed, False),
                      ";".join(signed), sha256_hex(body)])


def aliyun_v3(canonical_request, access_key_secret):
    text = "ACS3-HMAC-SHA256\n" + sha256_hex(canonical_request.encode())
    return hmac_sha256(access_key_secret.encode(), text.encode()).hex()


def tencent_request(headers, signed, body):
    """The CanonicalRequest of a POST. https://cloud.tencent.com/document/api/382/52072"""
    return "\n".join(["POST", "/", "", canonical_headers(headers, signed, True), ";".join(signed), sha256_hex(body)])


def tencent(canonical_request, timestamp, date, service, secret_key):
    scope = f"{date}/{service}/tc3_request"
    text = f"TC3-HMAC-SHA256\n{timestamp}\n{scope}\n{sha256_hex(canonical_request.encode())}"
    key = hmac_sha256(("TC3" + secret_key).encode(), date.encode())
    key = hmac_sha256(hmac_sha256(key, service.encode()), b"tc3_request")
    return hmac_sha256(key, text.encode()).hex()


def standard_webhook(secret, message_id, timestamp, body):
    """https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md"""
    encoded = secret.removeprefix("whsec_")
    key = base64.b64decode(encoded + "=" * (-len(encoded) % 4))
    if not key:
        raise ValueError("the secret of a webhook is empty")
    return "v1," + base64.b64encode(hmac_sha256(key, f"{message_id}.{timestamp}.".encode() + body)).decode()


def github(secret, body):
    """https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries"""
    return "sha256=" + hmac_sha256(secret.encode(), body).hex()
