/** What every command gets. */
export interface GlobalArgs {
  readonly json: boolean;
  readonly quiet: boolean;
  readonly color: 'auto' | 'always' | 'never';
}
