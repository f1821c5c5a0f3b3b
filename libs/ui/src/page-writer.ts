import { Injectable } from '@nestjs/common';
import { type ServerResponse } from 'node:http';
import { navigationFor } from './navigation.js';
import { setPageHeaders } from './page-headers.js';
import { paths, withQuery } from './paths.js';
import { type Section } from './navigation.js';
import { preferencesOf } from './preferences.js';
import { Views } from './views.js';
import { type PageRequest, type Visitor } from './visitor.js';

/** What every page says about itself; the rest of the object is for its template. */
export interface PageModel {
  readonly title: string;
  readonly section?: Section;
  readonly httpStatus?: number;
}

/** Writes pages: the layout's data stands here and nowhere else. */
@Injectable()
export class PageWriter {
  constructor(private readonly views: Views) {}

  send(
    { req, res }: { readonly req: PageRequest; readonly res: ServerResponse },
    page: string,
    model: PageModel & Readonly<Record<string, unknown>>,
  ): void {
    const layout = this.layout(req, model);
    const html = Buffer.from(this.views.render(page, { ...model, layout }));
    setPageHeaders(res);
    res.statusCode = model.httpStatus ?? 200;
    res.setHeader('content-type', 'text/html; charset=utf-8');
    res.setHeader('content-length', html.length);
    res.end(req.method === 'HEAD' ? undefined : html);
  }

  /** After a change, and wherever the browser has to go on with a GET. */
  redirect(res: ServerResponse, location: string): void {
    res.statusCode = 303;
    res.setHeader('location', location);
    res.setHeader('content-length', 0);
    res.end();
  }

  /** The way on after a change, to a page that says what was done. */
  done(res: ServerResponse, path: string, done: string): void {
    this.redirect(res, withQuery(path, { done }));
  }

  private layout(req: PageRequest, { title, section }: PageModel): object {
    const { visitor } = req;
    return {
      title,
      theme: preferencesOf(req).theme,
      host: (req.headers.host ?? '').slice(0, 80),
      css: { href: this.views.assetUrl('app.css') },
      js: { asset: this.views.assetUrl('app.js') },
      icons: this.views.assetUrl('icons.svg'),
      favicon: { href: this.views.assetUrl('favicon.svg') },
      home: { href: paths.home },
      settings: { href: paths.settings },
      docs: { href: paths.docs },
      logout: { action: paths.logout },
      csrf: visitor?.csrf ?? '',
      who: visitor ? nameOf(visitor) : '',
      isAdmin: visitor?.isAdmin ?? false,
      mayWrite: visitor?.mayWrite ?? false,
      isSignedIn: visitor !== undefined,
      navigation: visitor ? navigationFor(visitor.isAdmin, section ?? null) : [],
    };
  }
}

function nameOf({ caller }: Visitor): string {
  if (caller.kind === 'master') return 'Signed in with the master key';
  return `Signed in with ${caller.keyAlias ?? caller.keyName}`;
}
