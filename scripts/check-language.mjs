#!/usr/bin/env node
// The language check: retired names, exported names declared twice, long comments, log calls
// without `event`.
//   node_modules/.bin/node scripts/check-language.mjs [--list [PREFIX]] [--strict]
import { main } from './language/checkLanguage.ts';

process.exitCode = main(process.argv.slice(2));
