import type { ScreenName } from '../app_state.js';
import type { AnyScreen } from '../screen_module.js';
import { home } from './home.js';

/** Every screen: add yours here. */
export const SCREENS: ReadonlyMap<ScreenName, AnyScreen> = new Map(
  [home].map((screen) => [screen.name, screen]),
);
