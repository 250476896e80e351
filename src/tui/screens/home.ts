import { columns } from '../layout.js';
import { waitingLines } from '../loadable.js';
import { defineScreen } from '../screen_module.js';

/** Where one starts. */
export const home = defineScreen<object>({
  name: 'home',
  title: 'Home',
  initial: {},
  panels: [
    {
      id: 'start',
      title: () => 'Start',
      lines: ({ theme }) => [`${theme.key('t')}  Train a new model`],
    },
    {
      id: 'machine',
      title: () => 'This machine',
      lines: ({ app: { machine }, theme, cols, now }) =>
        machine.status === 'ready'
          ? [`GPU   ${machine.value.adapter}`]
          : waitingLines(machine, { empty: 'not looked at', theme, cols, now }),
    },
  ],
  layout: (body) => {
    const [start, machine] = columns(body, [{ share: 1 }, { share: 1 }]);
    return { ...(start && { start }), ...(machine && { machine }) };
  },
  keys: [{ keys: ['t'], hint: 'train', help: 'Goes to Train', run: (act) => act.go('train') }],
  explain: () => ['Home: what you can start, and what this machine can do.'],
  summary: ({ app: { machine } }) => (machine.status === 'ready' ? machine.value.adapter : 'probing the GPU'),
});
