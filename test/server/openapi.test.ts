import assert from 'node:assert/strict';
import { test } from 'node:test';
import { METHODS } from '../../src/server/route.ts';
import { serveKippu, type Json, type ServedKippu } from './served-kippu.ts';

async function description(kippu: ServedKippu): Promise<Json> {
  return (await kippu.as(undefined).get('/v1/openapi.json')).json;
}

test('every route that is served is described, and the other way round', async () => {
  await using kippu = await serveKippu();
  const { paths } = await description(kippu);
  for (const [path, item] of Object.entries<Json>(paths)) {
    const concrete = path.replaceAll(/\{path\}/g, '2/users/me').replaceAll(/\{\w+\}/g, 'nothing');
    for (const method of METHODS) {
      const answer = await kippu.operator.send(method, concrete);
      const isServed =
        answer.status !== 405 && !(answer.json?.detail ?? '').startsWith('There is nothing under this path');
      // `/v1/posts/check` has the form of a post's path, too.
      if (path === '/v1/posts/check' && method !== 'POST') continue;
      assert.equal(isServed, method.toLowerCase() in item, `${method} ${path}: ${answer.status}`);
    }
  }
});

test('the description is whole: names are unique, references lead somewhere, parameters are declared', async () => {
  await using kippu = await serveKippu();
  const api = await description(kippu);
  assert.equal(api.openapi, '3.1.0');
  assert.equal(api.info.version, '1.2.3');
  const ids = new Set<string>();
  for (const [path, item] of Object.entries<Json>(api.paths)) {
    for (const [method, operation] of Object.entries<Json>(item)) {
      assert.ok(!ids.has(operation.operationId), operation.operationId);
      ids.add(operation.operationId);
      const declared = operation.parameters
        .filter((parameter: Json) => parameter.in === 'path')
        .map((parameter: Json) => parameter.name);
      assert.deepEqual(
        declared,
        [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name),
      );
      assert.ok(
        Object.keys(operation.responses).some((status) => status.startsWith('2')),
        `${method} ${path}`,
      );
    }
  }
  for (const [, reference = ''] of JSON.stringify(api).matchAll(/"\$ref":"([^"]+)"/g)) {
    const found = reference
      .slice(2)
      .split('/')
      .reduce((node: Json, key) => node?.[key], api);
    assert.notEqual(found, undefined, reference);
  }
  assert.ok(!JSON.stringify(api).includes('$defs'));
  for (const name of [
    'Connection',
    'AccessToken',
    'Post',
    'Event',
    'Problem',
    'Timeline',
    'ApiKey',
    'Provider',
    'Schedule',
    'Series',
  ])
    assert.ok(name in api.components.schemas, name);
});

test('the description tells requests as they are checked', async () => {
  await using kippu = await serveKippu();
  const api = await description(kippu);
  const body = api.paths['/v1/posts'].post.requestBody.content['application/json'].schema;
  assert.equal(body.additionalProperties, false);
  assert.deepEqual(body.required, ['connection', 'text']);
  const limit = api.paths['/v1/connections'].get.parameters.find((parameter: Json) => parameter.name === 'limit');
  assert.deepEqual([limit.in, limit.required, limit.schema.default, limit.schema.maximum], ['query', false, 50, 200]);
  assert.match(api.paths['/v1/connections/{id}/token'].get.description, /tokens:read/);
  assert.deepEqual(api.paths['/healthz'].get.security, []);
});
