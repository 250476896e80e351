import type { ScreenName } from '../app_state.js';
import type { AnyScreen } from '../screen_module.js';
import { data } from './data.js';
import { home } from './home.js';
import { kernels } from './kernels.js';
import { learn } from './learn.js';
import { model } from './model.js';
import { runs } from './runs.js';
import { studies } from './studies.js';
import { train } from './train.js';
import { webcam } from './webcam.js';

/** All screens. Add a new one here. */
export const SCREENS: ReadonlyMap<ScreenName, AnyScreen> = new Map(
  [home, data, model, train, webcam, runs, kernels, learn, studies].map((screen) => [screen.name, screen]),
);
