import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ejs from 'ejs';
import type { RequestHandler, Response } from 'express';
import helmet from 'helmet';
import { createAssets } from '../../web/assets.ts';
import type { Clients } from '../clients.ts';
import { queryFields } from '../input.ts';

const views = fileURLToPath(new URL('../../../views/sandbox/', import.meta.url));
/** Under an address of the sandbox's own, so that it looks the same alone and inside another app. */
export const assets = createAssets(fileURLToPath(new URL('../../../public', import.meta.url)));

/** Renders by its own path, so that the host's views and view engine do not matter. */
export async function showPage(
  res: Response,
  view: string,
  words: { title: string } & Record<string, unknown>,
  status = 200,
): Promise<void> {
  const page = join(views, `${view}.ejs`);
  const html = await ejs.renderFile(
    page,
    { ...words, base: res.req.baseUrl, assets: assets.files },
    { cache: true },
  );
  res.status(status).type('html').send(html);
}

export function explain(res: Response, status: number, title: string, text: string): Promise<void> {
  return showPage(res, 'message', { title, text }, status);
}

/** Codes and tokens pass through here. */
export const noStore: RequestHandler = (_req, res, next) => {
  res.set('Cache-Control', 'no-store');
  next();
};

/**
 * No frame, nothing from elsewhere, and our one script on the panel alone. A form may lead to the app that asked: browsers apply
 * form-action to the redirect that follows a POST as well. `same-origin`, not `no-referrer`: that one would
 * make our own forms say `Origin: null`.
 */
export function pageHeaders(clients: Clients): RequestHandler {
  return helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'none'"],
        styleSrc: ["'self'"],
        scriptSrc: [(req) => (isPanel(req.url) ? "'self'" : "'none'")],
        connectSrc: [(req) => (isPanel(req.url) ? "'self'" : "'none'")],
        imgSrc: ["'self'"],
        baseUri: ["'none'"],
        frameAncestors: ["'none'"],
        formAction: ["'self'", (req) => returnOrigins(clients, req.url ?? '')],
      },
    },
    referrerPolicy: { policy: 'same-origin' },
    strictTransportSecurity: false,
  });
}

function isPanel(url = ''): boolean {
  return /^\/(\?|$)/.test(url);
}

function returnOrigins(clients: Clients, url: string): string {
  const client = clients.get(queryFields({ url }).get('client_id'));
  const origins =
    client?.redirectUris.filter((uri) => clients.mayCall(uri)).map((uri) => new URL(uri).origin) ?? [];
  return [...new Set(origins)].join(' ');
}
