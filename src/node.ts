export { toNodeHandler, type NextFunction, type NodeHandler, type WebHandler } from './app/node/handler.ts';
export { toRequest, type NodeRequest, type ToRequestOptions } from './app/node/request.ts';
export { appendCookies, sendResponse, type NodeResponse } from './app/node/response.ts';
