/** A file of a repository, as far as its name and size say. */
export interface ListedFile {
  /** In the repository, with slashes. */
  readonly path: string;
  readonly bytes: number;
}

/** A file on the Hub. */
export interface RepoFile extends ListedFile {
  /** What its blob in the cache is called: the hash of its content, which is also the ETag that the Hub answers with. */
  readonly etag: string;
  readonly checksum: Checksum;
}

/** LFS files have the SHA-256 of their content; the others are git blobs, whose SHA-1 covers a header too. */
export interface Checksum {
  readonly kind: "sha256" | "git-sha1";
  /** Lower-case. */
  readonly hex: string;
}
