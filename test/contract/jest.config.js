import { existsSync } from 'node:fs';
import base from '../../jest.config.js';

if (!existsSync(process.env.WITHINGS_OPENAPI ?? '')) {
  process.stderr.write(
    "Nothing was checked: name Withings' OpenAPI file, WITHINGS_OPENAPI=path/to/openapi.yaml npm run test:contract\n",
  );
  process.exit(1);
}

/** Apart from `npm test`: the file it needs belongs to Withings and is not in this repository. */
export default {
  ...base,
  rootDir: '../..',
  roots: ['<rootDir>/test/contract'],
  testPathIgnorePatterns: ['/node_modules/'],
};
