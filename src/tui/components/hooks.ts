import { createContext, useContext, useEffect, useSyncExternalStore } from 'react';
import type { AppState } from '../app_state.js';
import type { Layer, Painter } from '../painter.js';
import type { Program } from '../program.js';

export const ProgramContext = createContext<Program | undefined>(undefined);
export const PainterContext = createContext<Pick<Painter, 'paint' | 'erase'> | undefined>(undefined);

function found<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('this component needs to be inside <App>');
  return value;
}

/** The store, the screens, the engine and the host. */
export function useProgram(): Program {
  return found(useContext(ProgramContext));
}

/**
 * Reads a part of the state. The component renders again when that part changes.
 *
 * @param pick returns a string, a number, or an object of the state itself: equal states must give identical results
 */
export function useAppState<T>(pick: (app: AppState) => T): T {
  const { store } = useProgram();
  return useSyncExternalStore(store.subscribe, () => pick(store.snapshot()));
}

/**
 * Paints a layer over Ink's frame for as long as the component is mounted.
 *
 * @param id unique among the layers; a component that renders again replaces its own layer
 */
export function usePainted(id: string, layer: Layer): void {
  const painter = found(useContext(PainterContext));
  useEffect(() => painter.paint(id, layer));
  useEffect(() => () => painter.erase(id), [painter, id]);
}
