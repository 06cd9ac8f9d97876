export { seededRandom } from '../../tools/simulator/seededRandom.ts';
