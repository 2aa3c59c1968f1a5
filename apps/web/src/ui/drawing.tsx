/** A small line drawing for empty places: two people and the line between them. */
export function TwoPeople() {
  return (
    <svg
      className="drawing"
      viewBox="0 0 120 64"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.75"
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
    >
      <circle cx="30" cy="18" r="9" />
      <path d="M12 54c0-12 8-19 18-19s18 7 18 19" />
      <circle cx="90" cy="18" r="9" />
      <path d="M72 54c0-12 8-19 18-19s18 7 18 19" />
      <path d="M48 20c8-8 16-8 24 0" strokeDasharray="1 5" />
    </svg>
  );
}

/** The mark of Kith: two rings that hold each other. */
export function Mark({ size = 28 }: { size?: number }) {
  return (
    <svg
      width={size}
      height={size}
      viewBox="0 0 32 32"
      fill="none"
      stroke="currentColor"
      strokeWidth="3"
      aria-hidden="true"
    >
      <circle cx="11.5" cy="16" r="7.5" />
      <circle cx="20.5" cy="16" r="7.5" />
    </svg>
  );
}
