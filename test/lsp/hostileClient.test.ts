// A client that breaks the protocol: the server answers with the right errors and goes on.
import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import { RawServer } from './rawServer.ts';

const uri = 'file:///mails/a.patch';
const document = { textDocument: { uri } };
let server: RawServer | undefined;
afterEach(() => server?.stop());

async function started(): Promise<RawServer> {
  server = new RawServer();
  await server.initialize();
  server.notify('textDocument/didOpen', { textDocument: { uri, languageId: 'diff', version: 1, text: 'Subject: x\n' } });
  return server;
}

/** The server answers a plain request. */
async function works(running: RawServer): Promise<void> {
  const answer = await running.request('textDocument/diagnostic', document);
  expect(answer.result).toMatchObject({ kind: 'full', items: [] });
  expect(running.alive).toBe(true);
}

const requests = ['diagnostic', 'hover', 'codeAction', 'documentSymbol', 'foldingRange', 'documentLink'].map(
  (name) => `textDocument/${name}`,
);

describe('requests at the wrong time', () => {
  test('before initialize they are refused as such', async () => {
    server = new RawServer();
    for (const method of [...requests, 'codeAction/resolve', 'iommuReview/review']) {
      expect([method, (await server.request(method, document)).error?.code]).toEqual([method, -32002]);
    }
    await server.initialize();
    server.notify('textDocument/didOpen', { textDocument: { uri, languageId: 'diff', version: 1, text: 'Subject: x\n' } });
    await works(server);
  });

  test('after shutdown they are invalid', async () => {
    const running = await started();
    await running.request('shutdown', null);
    for (const method of requests) expect((await running.request(method, document)).error?.code).toBe(-32600);
  });

  test('a second initialize is invalid', async () => {
    const running = await started();
    expect((await running.request('initialize', { processId: null, rootUri: null, capabilities: {} })).error?.code).toBe(-32600);
    await works(running);
  });
});

describe('requests of the wrong shape', () => {
  test('an unknown method is named unknown', async () => {
    const running = await started();
    expect((await running.request('textDocument/nothing', document)).error?.code).toBe(-32601);
  });

  test('wrong parameters are invalid, whatever they are', async () => {
    const running = await started();
    const wrong = [null, 7, 'x', [], {}, { textDocument: null }, { textDocument: [] }, { textDocument: { uri: 5 } }, { textDocument: 'a' }];
    for (const method of requests) {
      for (const params of wrong) {
        const { error } = await running.request(method, params);
        expect([method, params, error?.code]).toEqual([method, params, -32602]);
      }
    }
    const position = { line: 0, character: 0 };
    for (const wrongPosition of [null, {}, { line: -1, character: 0 }, { line: 0.5, character: 0 }, { line: 'x', character: 0 }, [0, 0]]) {
      expect((await running.request('textDocument/hover', { ...document, position: wrongPosition })).error?.code).toBe(-32602);
      const range = { start: wrongPosition, end: position };
      expect((await running.request('textDocument/codeAction', { ...document, range, context: {} })).error?.code).toBe(-32602);
    }
    await works(running);
  });

  test('wrong notifications are ignored', async () => {
    const running = await started();
    for (const params of [
      {},
      document,
      { textDocument: { uri, languageId: 1, version: 'x', text: null } },
      { textDocument: { uri, text: 'x' } },
    ]) {
      running.notify('textDocument/didOpen', params);
      running.notify('textDocument/didChange', { ...params, contentChanges: [{ range: 'x', text: 5 }] });
      running.notify('textDocument/didClose', { textDocument: {} });
    }
    const far = { start: { line: 1e9, character: 1e9 }, end: { line: 5, character: 2 } };
    running.notify('textDocument/didChange', { textDocument: { uri, version: 2 }, contentChanges: [{ range: far, text: 'x' }] });
    running.notify('$/cancelRequest', { id: {} });
    await works(running);
  });
});

describe('frames', () => {
  test('bodies that are no JSON or no message are passed over', async () => {
    const running = await started();
    for (const body of ['{', 'nul', '"x"', '[]', '{}', '7', '{"jsonrpc":"1.0","id":{}}', '\u0000', '{"id":[1],"method":5}', '{"result":1}'])
      running.frame(body);
    await works(running);
  });

  test('headers in other cases, in other orders, with a charset, and split anywhere are read', async () => {
    const running = await started();
    const body = Buffer.from(
      JSON.stringify({
        jsonrpc: '2.0',
        id: 'ä',
        method: 'textDocument/hover',
        params: { ...document, position: { line: 0, character: 0 } },
      }),
    );
    const bytes = Buffer.concat([
      Buffer.from(`Content-Type: application/vscode-jsonrpc; charset=utf-8\r\ncontent-length: ${body.length}\r\n\r\n`),
      body,
    ]);
    for (const byte of bytes) running.raw(Buffer.from([byte]));
    await expect.poll(() => running.messages.find(({ id }) => id === 'ä')?.result, { timeout: 30_000 }).toBeNull();
    await works(running);
  });

  test('three hundred random messages leave it working', async () => {
    const running = await started();
    const anyMessage = fc.record(
      {
        jsonrpc: fc.constantFrom('2.0', '1.0', 2),
        id: fc.oneof(fc.integer({ min: 1_000_000 }), fc.string(), fc.constant(null)),
        method: fc.constantFrom(
          ...requests,
          'codeAction/resolve',
          'iommuReview/review',
          'textDocument/didOpen',
          'workspace/didChangeConfiguration',
          '$/x',
          '',
        ),
        params: fc.oneof(fc.anything(), fc.record({ textDocument: fc.anything(), position: fc.anything(), contentChanges: fc.anything() })),
      },
      { requiredKeys: [] },
    );
    for (const message of fc.sample(anyMessage, { numRuns: 300, seed: 38 })) {
      const body = JSON.stringify(message, (_key, value: unknown) => (typeof value === 'bigint' ? value.toString() : value));
      if (body !== undefined) running.frame(body);
    }
    await works(running);
  });
});

test.each([
  ['a length that is no number', 'Content-Length: x\r\n\r\n{}'],
  ['a length that is too short', 'Content-Length: 1\r\n\r\n{}'],
  ['no length', 'Content-Type: x\r\n\r\n{}'],
  ['no header at all', 'GET / HTTP/1.1\r\nHost: x\r\n\r\n'],
])('a stream whose messages are lost ends the server with a reason: %s', async (_name, bytes) => {
  const running = await started();
  running.raw(bytes);
  running.frame({ jsonrpc: '2.0', id: 1, method: 'textDocument/foldingRange', params: document });
  running.frame({ jsonrpc: '2.0', id: 2, method: 'textDocument/foldingRange', params: document });
  await expect.poll(() => running.exit, { timeout: 5000 }).toBe(1);
  expect(running.stderr).toMatch(/^iommu-review: the client's messages cannot be read: [^\n]+\n$/);
});

test.each([
  ['a negative length', 'Content-Length: -5\r\n\r\n{}'],
  ['an endless header', `X: ${'y'.repeat(200_000)}`],
  ['a length beyond all memory', 'Content-Length: 999999999999999\r\n\r\n{}'],
])('a message that never ends is waited for, and ends with the stream: %s', async (_name, bytes) => {
  const running = await started();
  await works(running);
  running.raw(bytes);
  running.end();
  await expect.poll(() => running.exit, { timeout: 5000 }).toBe(0);
  expect(running.stderr).toBe('');
});
