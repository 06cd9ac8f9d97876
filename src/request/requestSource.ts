/** The request headers and metadata that the readers of this folder need. */
export interface RequestSource {
  /** The first header of this name, in lower case. */
  header(name: string): string | undefined;
  /**
   * The strings of a metadata value: one string, or those of a list and of the lists in it, in
   * which a member of another type is ''. A value of another type is an empty list; undefined:
   * there is no value.
   *
   * @param maxBytes a value whose encoding is longer is not read: `too-large`
   */
  metadataTexts(
    namespace: string,
    key: string,
    maxBytes: number,
  ): string | readonly string[] | 'too-large' | undefined;
}
