/**
 * Web-standard handlers in Express, Fastify and `node:http`.
 *
 * @module kippu/node
 */

/**
 * Web handlers in `node:http`, Express and Fastify.
 *
 * @module kippu/node
 */

export { toNodeHandler, type NextFunction, type NodeHandler, type WebHandler } from './app/node/handler.ts';
export { toRequest, type NodeRequest, type ToRequestOptions } from './app/node/request.ts';
export { appendCookies, sendResponse, type NodeResponse } from './app/node/response.ts';
