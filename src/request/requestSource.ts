/** The request headers and metadata that the readers of this folder need. */
export interface RequestSource {
  /** The first header of this name, in lower case. */
  header(name: string): string | undefined;
  /**
   * The strings of a metadata value: one string, or those of a list, in which a member that is no
   * string is ''. A value of another type is an empty list; undefined: there is no value.
   */
  metadataTexts(namespace: string, key: string): string | readonly string[] | undefined;
}
