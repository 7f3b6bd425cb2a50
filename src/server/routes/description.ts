import { describeApi } from '../openapi.ts';
import { json, route, type Route } from '../route.ts';

/** The routes are asked for when somebody asks: this one is among them. */
export function descriptionRoutes(routes: () => readonly Route[]): readonly Route[] {
  return [
    route({
      method: 'GET',
      path: '/v1/openapi.json',
      access: 'anyone',
      summary: 'This description, as OpenAPI 3.1.',
      types: ['application/json'],
      run: async ({ app, version }) => json(describeApi(routes(), { version, serverUrl: app.options.publicUrl })),
    }),
  ];
}
