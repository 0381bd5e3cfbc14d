/*
 * Reads a request that one of our programs sent, and what its keys are; writes what the vendor's SDK makes of it.
 * One kind of JSON in, one out, for tests/system/test_vendor_sdks.py. It must be run where the SDKs are installed.
 */
'use strict';

const crypto = require('crypto');
const http = require('http');
const path = require('path');
const { createRequire } = require('module');

const sdk = createRequire(path.join(process.cwd(), 'package.json'));

function parsed(request) {
  const url = new URL(request.target, 'http://unused.example');
  return { pathname: url.pathname, query: Object.fromEntries(url.searchParams) };
}

/* Only what stands in SignedHeaders: everything else on the wire is no business of the signature. */
function signedHeaders(request, pattern) {
  const names = request.headers.authorization.match(pattern)[1].split(';');
  return Object.fromEntries(names.map((name) => [name, request.headers[name]]));
}

function aliyunV3({ request, keys }) {
  const { default: Client } = sdk('@alicloud/openapi-util');
  const { pathname, query } = parsed(request);
  const payload = crypto.createHash('sha256').update(Buffer.from(request.body, 'base64')).digest('hex');
  const headers = signedHeaders(request, /SignedHeaders=([^,]+)/);
  return {
    payload,
    authorization: Client.getAuthorization({ method: request.method, pathname, query, headers }, 'ACS3-HMAC-SHA256',
                                           payload, keys.id, keys.secret),
  };
}

function aliyunV1({ request, keys }) {
  const { default: Client } = sdk('@alicloud/openapi-util');
  const { Signature, ...query } = parsed(request).query;
  return { signature: Client.getRPCSignature(query, request.method, keys.secret) };
}

/* The older SDK signs only what it sends: it sends our parameters to a server of ours, which keeps the signature. */
async function aliyunPopCore({ request, keys }) {
  const { RPCClient } = sdk('@alicloud/pop-core');
  const { Signature, Action, ...query } = parsed(request).query;
  let body = '';
  const server = http.createServer((incoming, answer) => {
    incoming.on('data', (bytes) => { body += bytes; });
    incoming.on('end', () => answer.end('{"Code":"OK"}'));
  });
  await new Promise((listening) => server.listen(0, '127.0.0.1', listening));
  const client = new RPCClient({
    accessKeyId: keys.id,
    accessKeySecret: keys.secret,
    endpoint: `http://127.0.0.1:${server.address().port}`,
    apiVersion: query.Version,
  });
  await client.request(Action, query, { method: request.method });
  client.keepAliveAgent.destroy();
  server.close();
  return { signature: new URLSearchParams(body).get('Signature') };
}

/*
 * The SDK signs content-type and host (without a port). The current documentation adds x-tc-action, and we sign the host
 * as we send it: both are put into the SDK's canonical request where it is hashed; everything else is the SDK's.
 */
function tencentTc3({ request, keys }) {
  const createHash = crypto.createHash;
  const action = request.headers['x-tc-action'].toLowerCase();
  let changed = 0;

  crypto.createHash = (algorithm) => {
    const hash = createHash(algorithm);
    const update = hash.update.bind(hash);
    hash.update = (data) => {
      if (typeof data !== 'string' || !data.startsWith('POST\n/\n'))
        return update(data);
      changed++;
      return update(data.replace(/\nhost:.*\n\n/, `\nhost:${request.headers.host}\nx-tc-action:${action}\n\n`)
        .replace('\ncontent-type;host\n', '\ncontent-type;host;x-tc-action\n'));
    };
    return hash;
  };
  try {
    /* Loaded only now: it copies the functions of `crypto` as it finds them. */
    const { default: Sign } = sdk('tencentcloud-sdk-nodejs-common/tencentcloud/common/sign');
    const authorization = Sign.sign3({
      method: request.method,
      url: `http://${request.headers.host}${request.target}`,
      payload: Buffer.from(request.body, 'base64'),
      timestamp: Number(request.headers['x-tc-timestamp']),
      service: 'sms',
      secretId: keys.id,
      secretKey: keys.secret,
      headers: { 'Content-Type': request.headers['content-type'] },
    });
    return { changed, authorization };
  } finally {
    crypto.createHash = createHash;
  }
}

/* Fails unless the library believes the message. */
function standardWebhook({ request, keys }) {
  const { Webhook } = sdk('standardwebhooks');
  const message = new Webhook(keys.secret).verify(Buffer.from(request.body, 'base64'), request.headers);
  return { type: message.type };
}

const KINDS = { aliyunV3, aliyunV1, aliyunPopCore, tencentTc3, standardWebhook };

async function main() {
  const chunks = [];
  for await (const chunk of process.stdin)
    chunks.push(chunk);
  const question = JSON.parse(Buffer.concat(chunks).toString());
  process.stdout.write(JSON.stringify(await KINDS[question.kind](question)));
}

main().catch((error) => {
  process.stderr.write(`${error.name}: ${error.message}\n`);
  process.exitCode = 1;
});
