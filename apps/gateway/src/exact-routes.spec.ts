import { describe, expect, it, jest } from '@jest/globals';
import express, { type Request, type Response } from 'express';
import { ExactRoutes } from './exact-routes.js';

const RESPONSE = {} as Response;
const request = (method: string, path: string): Request => ({ method, path }) as Request;

function served(routes: ExactRoutes, req: Request): boolean {
  const next = jest.fn();
  routes.serve(req, RESPONSE, next);
  return next.mock.calls.length === 0;
}

describe('routes without parameters', () => {
  it('are served by their handler, with their template on the request', () => {
    const app = express();
    const routes = new ExactRoutes(app);
    const handler = jest.fn<express.RequestHandler>();
    app.post('/v1/chat/completions', handler);
    const req = request('POST', '/v1/chat/completions');
    expect(served(routes, req)).toBe(true);
    expect(handler).toHaveBeenCalledTimes(1);
    expect(req.route).toEqual({ path: '/v1/chat/completions' });
  });

  it('belong to who registered them first', () => {
    const app = express();
    const routes = new ExactRoutes(app);
    const [first, second] = [jest.fn<express.RequestHandler>(), jest.fn<express.RequestHandler>()];
    app.get('/x', first);
    app.get('/x', second);
    routes.serve(request('GET', '/x'), RESPONSE, () => undefined);
    expect([first.mock.calls.length, second.mock.calls.length]).toEqual([1, 0]);
  });

  it.each([
    ['another method', 'PUT', '/x'],
    ['another case', 'GET', '/X'],
    ['a slash at the end', 'GET', '/x/'],
    ['a route with a parameter', 'GET', '/v1/models/a'],
  ])('leave %s to Express', (_, method, path) => {
    const app = express();
    const routes = new ExactRoutes(app);
    app.get('/x', () => undefined);
    app.get('/v1/models/*id', () => undefined);
    expect(served(routes, request(method, path))).toBe(false);
  });

  it('leave the settings of Express readable', () => {
    const app = express();
    app.set('case sensitive routing', true);
    new ExactRoutes(app);
    expect(app.get('case sensitive routing')).toBe(true);
  });

  it('come after what was mounted before the first of them', async () => {
    const app = express();
    new ExactRoutes(app);
    const order: string[] = [];
    app.use((_req, _res, next) => {
      order.push('mounted');
      next();
    });
    await new Promise<void>((resolve) => {
      app.get('/x', () => {
        order.push('route');
        resolve();
      });
      app({ method: 'GET', url: '/x', headers: {} } as Request, { setHeader: () => undefined } as never);
    });
    expect(order).toEqual(['mounted', 'route']);
  });
});
