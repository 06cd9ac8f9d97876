/** The exit code for a wrong configuration: EX_CONFIG of sysexits.h. Alone here, since it loads nothing. */
export const exitConfig = 78;
