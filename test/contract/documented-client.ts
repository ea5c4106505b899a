import { createHmac } from 'node:crypto';
import type { Express } from 'express';
import request from 'supertest';
import { client } from '../sandbox/town.ts';
import { operation } from './document.ts';
import type { Sent } from './request-check.ts';

/** One call and what came back. */
export interface Call {
  operationId: string;
  sent: Sent;
  /** What makes it differ from other calls of the operation. */
  told: string;
  httpStatus: number;
  text: string;
  answer: Answer;
}

interface Answer {
  status?: number;
  body?: Body;
}

/** As it comes; it is judged later. */
type Body = Record<string, unknown>;

/** Knows of Withings what the document says, and keeps every call that it makes. */
export class DocumentedClient {
  readonly calls: Call[] = [];
  readonly #app: Express;
  readonly #now: () => number;

  constructor(app: Express, now: () => number) {
    this.#app = app;
    this.#now = now;
  }

  async call(operationId: string, parameters: Sent, accessToken?: string): Promise<Body> {
    const { path, action } = operation(operationId);
    const form = { action, ...parameters };
    const header: Sent = accessToken ? { Authorization: `Bearer ${accessToken}` } : {};
    const answer = await request(this.#app).post(path).set(header).type('form').send(form);
    this.calls.push({
      operationId,
      sent: { ...form, ...header },
      told: tell(parameters),
      httpStatus: answer.status,
      text: answer.text,
      answer: answer.body,
    });
    return answer.body.body ?? {};
  }

  /** A nonce first; then action, client_id and nonce are signed. */
  async signed(operationId: string, parameters: Sent = {}): Promise<Body> {
    const timestamp = String(Math.floor(this.#now() / 1000));
    const asked = { client_id: client.id, timestamp, signature: sign('getnonce', client.id, timestamp) };
    const { nonce } = await this.call('signaturev2-getnonce', asked);
    const { action } = operation(operationId);
    const signature = sign(action, client.id, String(nonce));
    return this.call(operationId, { client_id: client.id, nonce: String(nonce), signature, ...parameters });
  }
}

function sign(...values: string[]): string {
  return createHmac('sha256', client.secret).update(values.join(',')).digest('hex');
}

const IN_EVERY_SIGNED_CALL = ['client_id', 'nonce', 'signature'];

/** Short values show, long ones are named. */
function tell(parameters: Sent): string {
  return Object.entries(parameters)
    .filter(([name]) => !IN_EVERY_SIGNED_CALL.includes(name))
    .map(([name, value]) => (value.length < 4 ? `${name}=${value}` : name))
    .join(' ');
}
