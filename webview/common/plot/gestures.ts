/** How pointer, wheel and keys move what is in view. Everything is in pixels from the left of the surface. */

/** What gestures ask for. */
export interface Gestures {
  /** Whether there is anything to zoom. */
  readonly zooms: boolean;
  hover(at: number): void;
  leave(): void;
  /** A click without a drag. */
  click(at: number, height: number): void;
  /** While a range is being selected; null when it is given up. */
  selecting(range: readonly [number, number] | null): void;
  select(range: readonly [number, number]): void;
  /** A drag of the whole picture has begun, or goes on, so far from where it began. */
  grab(): void;
  pan(by: number): void;
  /** @param factor less than 1 shows less */
  zoom(factor: number, at: number): void;
  reset(): void;
}

/** A pointer that moves less than this, in pixels, has clicked. */
const slack = 4;
/** How much a notch of a wheel, 100 pixels in most browsers, zooms. */
const perNotch = 1.25;

export function listenToGestures(surface: HTMLElement, gestures: Gestures): void {
  let drag: { readonly kind: 'select' | 'pan'; readonly from: number; moved: boolean } | undefined;
  const stop = (): void => {
    if (drag?.kind === 'select') gestures.selecting(null);
    drag = undefined;
    surface.classList.remove('panning');
  };
  surface.addEventListener('pointerdown', (event) => {
    if (event.button > 1) return;
    gestures.hover(event.offsetX);
    // Fingers scroll the page and move the crosshair; for the zoom there are buttons.
    if (!gestures.zooms || event.pointerType === 'touch') {
      if (event.button === 0) drag = { kind: 'pan', from: NaN, moved: false };
      return;
    }
    const kind = event.shiftKey || event.button === 1 ? 'pan' : 'select';
    // The middle button would scroll the page.
    if (kind === 'pan') event.preventDefault();
    drag = { kind, from: event.offsetX, moved: false };
    if (kind === 'pan') {
      surface.classList.add('panning');
      gestures.grab();
    }
    surface.setPointerCapture(event.pointerId);
  });
  surface.addEventListener('mousedown', (event) => {
    if (event.button === 1) event.preventDefault();
  });
  surface.addEventListener('pointermove', (event) => {
    const at = event.offsetX;
    if (drag && Math.abs(at - drag.from) > slack) drag.moved = true;
    if (drag?.moved && drag.kind === 'pan') gestures.pan(at - drag.from);
    else gestures.hover(at);
    if (drag?.moved && drag.kind === 'select') gestures.selecting([drag.from, at]);
  });
  surface.addEventListener('pointerup', (event) => {
    const done = drag;
    stop();
    if (!done) return;
    if (!done.moved) gestures.click(event.offsetX, event.offsetY);
    else if (done.kind === 'select') gestures.select([done.from, event.offsetX]);
  });
  surface.addEventListener('pointercancel', stop);
  surface.addEventListener('pointerleave', () => {
    gestures.leave();
  });
  surface.addEventListener('keydown', (event) => {
    if (event.key === 'Escape') stop();
  });
  if (!gestures.zooms) return;
  surface.addEventListener('dblclick', () => {
    gestures.reset();
  });
  surface.addEventListener(
    'wheel',
    (event) => {
      // Without a key the wheel scrolls the page, as everywhere.
      if (!event.ctrlKey && !event.metaKey) return;
      event.preventDefault();
      const pixels = event.deltaMode === WheelEvent.DOM_DELTA_PIXEL ? event.deltaY : event.deltaY * 33;
      gestures.zoom(perNotch ** (pixels / 100), event.offsetX);
    },
    { passive: false },
  );
}
