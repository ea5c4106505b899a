import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, test } from '@jest/globals';
import request from 'supertest';
import { parse } from 'yaml';
import { startApp } from '../support/app.ts';
import { freePort } from '../support/machine.ts';

const PREFIX = 'withings_connect_';
const doc = (name: string) => readFileSync(resolve(import.meta.dirname, '../../docs', name), 'utf8');

/** What the running program exports, with or without values as yet. */
async function exported(): Promise<string[]> {
  const port = await freePort();
  await startApp({ METRICS_PORT: String(port) });
  const { text } = await request(`http://127.0.0.1:${port}`).get('/metrics');
  return [...text.matchAll(/^# TYPE withings_connect_(\w+)/gm)].map(([, name = '']) => name);
}

const isNodes = (name: string) => /^(process|nodejs)_/.test(name);

/** The names in an expression, without what histograms add. */
const namesIn = (expression: string) =>
  [...expression.matchAll(/withings_connect_(\w+)/g)].map(([, name = '']) =>
    name.replace(/_seconds_(bucket|sum|count)$/, '_seconds'),
  );

/** Labels that an expression picks or groups by; those of whoever scrapes are left out. */
function labelsIn(expression: string): string[] {
  const picked = [...expression.matchAll(/\{([^}]*)\}/g)].flatMap(([, list = '']) =>
    [...list.matchAll(/(\w+) *[=!]/g)].map(([, label = '']) => label),
  );
  const grouped = [...expression.matchAll(/by \(([^)]*)\)/g)].flatMap(([, list = '']) => list.split(/, */));
  return [...picked, ...grouped].filter((label) => !['instance', 'job', 'le'].includes(label));
}

/** As docs/operations.md has them. */
function labelsOf(name: string): string[] {
  const row = new RegExp(`^\\| \`${name}\` \\| ([^|]*) \\|`, 'm').exec(doc('operations.md'));
  return row?.[1]?.split(', ') ?? [];
}

test('docs/operations.md lists what is exported, and nothing else', async () => {
  const [, section = ''] = /^## Metrics$(.*?)^### Alerts$/ms.exec(doc('operations.md')) ?? [];
  const listed = [...section.matchAll(/^\| `(\w+)` \|/gm)].map(([, name]) => name);
  expect(listed.sort()).toEqual((await exported()).filter((name) => !isNodes(name)).sort());
});

test('alerts and dashboard ask for what is exported, and each alert is explained', async () => {
  const names = await exported();
  const rules: { alert: string; expr: string }[] = parse(doc('alerts.yaml')).groups[0].rules;
  const panels: { targets: { expr: string }[] }[] = JSON.parse(doc('grafana.json')).panels;
  const asked = [
    ...rules.map(({ expr }) => expr),
    ...panels.flatMap(({ targets }) => targets.map(({ expr }) => expr)),
  ];
  for (const expression of asked) {
    for (const name of namesIn(expression)) expect(names).toContain(name);
    expect(expression).toMatch(new RegExp(`${PREFIX}|^up\\{`));
    const labels = namesIn(expression).flatMap(labelsOf);
    for (const label of labelsIn(expression)) expect(labels).toContain(label);
  }
  for (const { alert } of rules) expect(doc('operations.md')).toContain(`| \`${alert}\``);
});
