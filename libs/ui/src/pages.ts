import {
  applyDecorators,
  Controller,
  createParamDecorator,
  type ExecutionContext,
  UseFilters,
  UseGuards,
} from '@nestjs/common';
import { type ServerResponse } from 'node:http';
import { PageErrorFilter } from './page-error.filter.js';
import { idIn } from './paths.js';
import { Form } from './read-form.js';
import { SessionGuard } from './session.guard.js';
import { type PageRequest, type Visit } from './visitor.js';

/** A controller of pages: behind the session guard, its errors become pages. @param path stands before those of its methods */
export const Pages = (path = ''): ClassDecorator =>
  applyDecorators(Controller(path), UseGuards(SessionGuard), UseFilters(PageErrorFilter));

/** The visit of a page that needs a session. */
export const CurrentVisit = createParamDecorator((_: unknown, context: ExecutionContext): Visit => {
  const http = context.switchToHttp();
  const req = http.getRequest<PageRequest>();
  if (!req.visitor) throw new Error('This page is open to anybody and has no visitor.');
  return {
    req,
    res: http.getResponse<ServerResponse>(),
    query: queryOf(req),
    form: req.form ?? new Form(new URLSearchParams()),
    visitor: req.visitor,
  };
});

/** An id in the path of a page, whatever people chose for it. */
export const Named = createParamDecorator((name: string, context: ExecutionContext): string => {
  const { params } = context.switchToHttp().getRequest<{ params: Readonly<Record<string, string>> }>();
  return idIn(params[name] ?? '');
});

export function queryOf(req: PageRequest): URLSearchParams {
  const mark = req.url.indexOf('?');
  return new URLSearchParams(mark < 0 ? '' : req.url.slice(mark + 1));
}
