export { appendCookies } from './app/node/cookies.ts';
export { toNodeHandler, type NextFunction, type NodeHandler, type WebHandler } from './app/node/handler.ts';
export { toRequest, type NodeRequest, type ToRequestOptions } from './app/node/request.ts';
export { sendResponse, type NodeResponse } from './app/node/response.ts';
