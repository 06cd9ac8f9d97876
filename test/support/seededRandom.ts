export { seededRandom } from '../../src/simulate/seededRandom.ts';
