import { Agent } from 'node:http';
import request, { type Response } from 'supertest';
import type { TestApp } from './app.ts';

/** A person with a browser: it keeps cookies, follows no redirect but to what came of a failed callback, and fills in forms as they stand. */
export interface Visitor {
  get(address: string, headers?: Record<string, string>): Promise<Response>;
  /** A form of our own pages, as a browser sends it. */
  post(address: string, fields?: Record<string, string>, headers?: Record<string, string>): Promise<Response>;
  /** Opens /connect and stops at Withings' door. */
  begin(address?: string): Promise<URL>;
  /** Signs in at the sandbox and answers; returns where it sends the browser back to. */
  consent(authorizeUrl: URL, choice: 'Allow' | 'Deny'): Promise<string>;
  /** The whole way: begin, allow, come back. Returns the answer to the callback. */
  connect(address?: string): Promise<Response>;
  json(address: string): Promise<Response>;
  /** The cookies it would send, as one header. */
  cookies(address?: string): string;
}

/** @param from the address it comes from, another of this machine's own */
export function visit(app: Pick<TestApp, 'url'>, from = '127.0.0.1'): Visitor {
  const wire = new Agent({ localAddress: from });
  const agents = new Map<string, ReturnType<typeof request.agent>>();

  /** Where an address leads, and the cookies kept for that site. */
  function at(address: string) {
    const url = new URL(address, app.url);
    const agent = agents.get(url.origin) ?? request.agent(url.origin);
    agents.set(url.origin, agent);
    const path = address.startsWith('/') ? address : url.pathname + url.search;
    return { agent, path, origin: url.origin };
  }

  const visitor: Visitor = {
    async get(address, headers = {}) {
      const { agent, path } = at(address);
      const answer = await agent
        .get(path)
        .agent(wire)
        .set({ Accept: 'text/html', ...headers });
      const { location } = answer.headers;
      return location?.includes('/connect/result/') ? visitor.get(location, headers) : answer;
    },
    post(address, fields = {}, headers = {}) {
      const { agent, path, origin } = at(address);
      return agent
        .post(path)
        .agent(wire)
        .set({ Accept: 'text/html', Origin: origin, 'Sec-Fetch-Site': 'same-origin', ...headers })
        .type('form')
        .send(fields);
    },
    json: (address) => visitor.get(address, { Accept: 'application/json' }),
    cookies(address = '/') {
      const access = { domain: '127.0.0.1', path: address, secure: false, script: false };
      return at('/')
        .agent.jar.getCookies(access as never)
        .toValueString();
    },

    async begin(address = '/connect') {
      const answer = await visitor.get(address);
      if (answer.status !== 303) throw new Error(`${address} answered ${answer.status}: ${answer.text}`);
      return new URL(String(answer.headers.location));
    },

    async consent(authorizeUrl, choice) {
      let page = await visitor.get(authorizeUrl.href);
      if (!page.text.includes('Allow')) {
        const [form] = formsOf(page.text);
        const signedIn = await submit(authorizeUrl, form);
        page = await visitor.get(new URL(String(signedIn.headers.location), authorizeUrl).href);
      }
      const form = formsOf(page.text).find((candidate) => candidate.buttons.has(choice));
      const answer = await submit(authorizeUrl, form, choice);
      if (answer.status !== 302) throw new Error(`Consent answered ${answer.status}: ${answer.text}`);
      return String(answer.headers.location);
    },

    async connect(address) {
      return visitor.get(await visitor.consent(await visitor.begin(address), 'Allow'));
    },
  };

  async function submit(page: URL, form: Form | undefined, label?: string) {
    if (!form) throw new Error('There is no such form on this page');
    const [, first] = [...form.buttons][0] ?? [];
    const button = label === undefined ? first : form.buttons.get(label);
    return visitor.post(new URL(form.action, page).href, { ...form.fields, ...button });
  }

  return visitor;
}

interface Form {
  action: string;
  fields: Record<string, string>;
  /** What each button adds, by its label. */
  buttons: Map<string, Record<string, string>>;
}

/** The forms of a page, with their hidden and ticked fields. */
export function formsOf(html: string): Form[] {
  return [...html.matchAll(/<form\b[^>]*action="([^"]*)"[^>]*>(.*?)<\/form>/gs)].map(
    ([, action = '', inner = '']) => {
      const fields: Record<string, string> = {};
      for (const [input] of inner.matchAll(/<input\b[^>]*>/g)) {
        const isBox = /type="(checkbox|radio)"/.test(input);
        const name = attribute(input, 'name');
        if (name && (!isBox || /\bchecked\b/.test(input))) fields[name] = attribute(input, 'value') ?? 'on';
      }
      const buttons = new Map(
        [...inner.matchAll(/<button\b([^>]*)>(.*?)<\/button>/gs)].map(([, tag = '', label = '']) => {
          const name = attribute(tag, 'name');
          const words = label.replace(/<[^>]*>/g, '').trim();
          return [words, name ? { [name]: attribute(tag, 'value') ?? '' } : {}] as const;
        }),
      );
      return { action: plain(action), fields, buttons };
    },
  );
}

function attribute(tag: string, name: string): string | undefined {
  const value = new RegExp(`\\b${name}="([^"]*)"`).exec(tag)?.[1];
  return value === undefined ? undefined : plain(value);
}

function plain(text: string): string {
  return text
    .replaceAll('&#34;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&');
}
