import type { ReportMessage, WireNumber } from '../../src/protocol/webview';

interface VsCodeApi {
  postMessage(message: unknown): void;
  getState(): unknown;
  setState(state: unknown): void;
}

declare function acquireVsCodeApi(): VsCodeApi;

/** The page's line to the extension host: messages of these two directions, and a state that outlives the page. */
export interface Channel<To, From, State> {
  post(message: From): void;
  onMessage(receive: (message: To) => void): void;
  readonly state: Partial<State>;
  setState(change: Partial<State>): void;
}

/** Opens the channel; to be called once. What the page can't show, such as a policy violation, the host gets to log. */
export function openChannel<To, From extends { readonly type: string }, State extends object>(): Channel<
  To,
  From | ReportMessage,
  State
> {
  const api = acquireVsCodeApi();
  let state: Partial<State> = { ...(api.getState() as Partial<State> | undefined) };
  const report = (message: string): void => {
    api.postMessage({ type: 'report', message } satisfies ReportMessage);
  };
  document.addEventListener('securitypolicyviolation', (event) => {
    report(`content security policy: ${event.effectiveDirective} blocked ${event.blockedURI || 'inline content'}`);
  });
  window.addEventListener('error', (event) => {
    // A chart that has not followed its box within the frame follows it in the next: nothing is wrong.
    if (event.message.startsWith('ResizeObserver loop')) return;
    document.body.dataset['state'] = 'error';
    report(`error in the page: ${event.message}`);
  });
  window.addEventListener('unhandledrejection', (event) => {
    report(`error in the page: ${String(event.reason)}`);
  });
  return {
    post: (message) => {
      api.postMessage(message);
    },
    onMessage: (receive) => {
      window.addEventListener('message', (event: MessageEvent<unknown>) => {
        receive(unpacked(event.data) as To);
      });
    },
    get state() {
      return state;
    },
    setState: (change) => {
      state = { ...state, ...change };
      api.setState(state);
    },
  };
}

/** The message as it was sent: with the numbers that JSON does not have. */
function unpacked(message: unknown): unknown {
  if (typeof message !== 'object' || message === null || ArrayBuffer.isView(message)) return message;
  if (Array.isArray(message)) return message.map(unpacked);
  if ('$number' in message) return Number((message as WireNumber).$number);
  return Object.fromEntries(Object.entries(message).map(([name, value]) => [name, unpacked(value)]));
}
