import { session } from '../../../session';

export const GET = (request: Request): Promise<Response> => session.handler(request);
export const POST = (request: Request): Promise<Response> => session.handler(request);
