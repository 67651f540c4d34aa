/**
 * The edges of MediaPipe's face mesh, each once: what `FaceLandmarker.FACE_LANDMARKS_TESSELATION` of `@mediapipe/tasks-vision` 0.10.35 says, which a test holds
 * this against. Written down here, since that package is 130 kB and whoever paints needs nothing else of it.
 *
 * Three digits of base 64 an edge: two numbers of a point, nine bits each.
 */
const DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

const EDGES = [
  'AALAAlACkAELAIEAITAIsAMSAReARhASNASkASnAVGAVyAWJAYzAbDAbEAbFAbsAgFAgsAgtAgzAkSAkTAkZAozArDAsZAx6AyoAzEAzFA1fA2jA4ZA4hA5uA6jBAJBA3BCo',
  'BDBBEdBGhBI3BJrBJsBKXBMdBNQBNRBRtBSXBVSBYMBYlBZIBcLBcuBgNBgmBhIBkMBkuBomBpSBsMBs4BwPBxWBxXB08B09B4QB5VB5WB87B88CARCBVCE7CISCJTCJUCJV',
  'CM5CM6CM7CRTCTICTJCU5CWlCYsCZeCZ9CaNCcSCdiCdyCg8ChPChjCimCjuCjyCo2CpECpHCqiCwXCwaCyRCyZCyaCzmCznC4YC6QC6RC7lC7mDBuDCQDDkDDlDIfDIhDJu',
  'DKCDLiDLkDRwDSaDSbDTnDToDYcDYdDafDagDbeDbfDg4DidDieDifDjdDjeDoeDqgDrfDrgDygDyhDzgDzhDz3D5vD51D7iD7kECMECrEDCEDJEDQEDTEKCEL2EL3ER_ESL',
  'ESPEScETjETqEZvEZxEZ8EaPEbiEhkEhlEiOEjLEjNEjOEonEpIEqkEqnEwpExIExRExSE4oE5IE5JE5cE6lE6nFBJFBKFBcFC5FC6FIqFJIFJJFJKFJRFRKFRQFRRFS3FS4',
  'FY5FY9FZbFZqFaSFbKFbMFgtFh9FjcFjtFozFqGFrcFw1Fw_FxGFxxFx8FycFzhF5kF5yF55F5-F6AF7ZGAxGBAGBzGCDGDbGDrGJAGJmGKBGKDGLRGRlGR1GR2GR7GS7GTN',
  'GaGGbDGbsGg1Gg_GhBGhCGhpGjeGjfGo_GrfGrgGrhGxEGxnGxoG5BG5rG69G7BG7dHCdHCtHC-HDdHI9HK5HK6HLKHLUHSEHSsHSxHTXHZLHamHbbHbrHhLHhjHimHjwHpM',
  'HqSHq4Hq5HxMHxNHxOHxgHy3Hy_H5EH5GH5HH5oH5pIBiIBmICBIDrIDwIJCIJrILdILeIRFIRpIRrIZFIZnIZoIZsIZtIhHIhoIpoIppIprIpsIxHIyLIycI6LI6iJBJJJK',
  'JS4JS5JamJbrJbwJhNJiSJi3Ji4JpaJpbJpgJqSJxfJxgJy_J6mJ7aJ7tJ7uJ7vKBRKC3KC_KJSKZUKa1Ka2KbJKhVKi0Ki1KpWKqzKq0KxXKyyKyzK6yLBZLBfLBgLCyLCz',
  'LJaLJgLKzLK0LRbLRgLS0LS1LZqLaSLa1La2LilLi6LjOLjYLqELqJLrjLrqLyNL1yL5gMJiMJjMKNMKlMKnMLyMRjMSBMSlMTLMTwMbwMbyMhlMh4Mh5Mh-MiOMp2Mp3Mp4',
  'MrNMyBM5oNBpNS2NTCNTMNZsNhtNiXNqXNyQNyjNzkN50N51N57N6PN7iOCFOCbODoODpODzOD0OJ8OLhOLiOL3OSAOSuOS8OTZOaDObaObbObcOh7OiJOiPOjjOp2Op7Ork',
  'OrlOx3OzlOzmO54O7mPB5PDmPDnPDoPKAPLoPSoPS8PTBPTEPT1PaJPaTPaxPa7PiPPicPqNPrtPrxPyBPyOPzRPzZP6LP6iP7qQC8QDoQDpQD1QKOQLLQLRQTiQT3QaGQbG',
  'QbRQbcQiJQixQqbQqtQq-QrzQzGQzcQzsQ6IQ6KQ6WQ6pQ7AQ7WRCKRCWRCsRKxRLjRSsRTARTVRTXRacRaiRiURiqRirRiwRjTRrxRryRzLR6cR7jSCRSCjSKZSaxSa7SbV',
  'SbXSiYSirSivSiwSqWSqqSqwSypSyqS9RS9STCvTF5TKaTSbTqeTqtTyfT6gUChUL2UL3UinUkLUmJUqnUrLUrOUzaUzbVDBVFfVGhVKqVLSVLTVLWVSwVTTVavVbHVbQVjX',
  'Vq-Vy8VzEVzZVzsV7HV95V-MWLXWSzWa0Wi1Wq2WzCWzJW64W6_XC5XK6XTUXTYXbAXbNXbPXbVXbWXjEXj1Xq-XrBXrdXrzXr0XzdXzzYDVYDWYL0YL1YTJYTMYTTYbFYb4',
  'YcZYjFYjsYr4YujYzRYzZYzsY7IY7QY-MY-sZDJZDQZGlZGsZLQZTMZTSZTUZTWZbOZjSZjTZrOZrPZrYZzYZ7UZ7WZ7YaLZaTTaTWajWajYarXbLsbTbbTcbTtbbrbjtbre',
  'bzfb7gcDhcL3cT3cbqcjlcrmcznc7odDpdL0dL1dbwdrvdrxdzvdzxdzyd7xeLyeb0ej1ez3fEZfGjfHIfL_fMHfNTfOGfUifU1fVIfWIfXKfXLfXOfccfcqfctfeFfj9fkA',
  'fl2fl8fl9fnCfnDfr-ft1ft2fvBfvCf1Tf11f3Af3Bf8Ff8Hf9Tf9nf--f_AgFVgF9gF-gHDgHEgMCgMDgOCgODgO6gO7gUegWAgWBgWCgW5gW6gcEgeDge7ge8gmDgmEgm8',
  'gm9gnSgnTgtUgtagu-gvAg1xg2Mg2ig2lg2sg2vg9ng_Sg_ThFkhFwhF0hF_hG_hHGhNUhNWhNhhN0hO-hVJhVKhVzhWnhWphWqhcNhcuheJhkPhkuhk3hk4hsOhsuhsvhtC',
  'huHhuJh0vh0wh1Ch2Zh2ah8Qh8uh8vh8wh83iEwiE2iE3iGXiGYiMfiMjiNBiNPiN3iOmiOoiUTiViiW4iXJicZidrie4ikbikliksilWilhil_im9itJitXiteitjitliu1',
  'i0Xi0mi1Yi1oi23i3Hi8mi9Li9mi9oi-tjFKjFajFbjFgjGbjGpjNrjPIjUbjUljUnjUojVOjW6jW7jclje7je8je9jkqjlMjlNjsnjtQjudjuhju5j2Aj2Oj2ej25j8jj-Z',
  'j-aj-mj-wkFpkGNkGRkGzkMikMxkOIkO3kPHkUxkVIkWIkXMkcykd3keYkeZkkykkzkk0klFkmXkmfksqksskstktNktOk1Hk1Lk1mk3Hk3Mk8ok9Qk-5k-6lErlFOlFQlMr',
  'lNMlNNlNRlNSlUtlVNldNldOldQldRlktllwll_ltwluFl0vl8wmGYmGZmPHmPMmUzmV3mWXmWYmdAmdBmdFmd3mlEmlFmmfmuImu2mvJmvLm03m2Xm2fm84nM6nOVnOWnOl',
  'nU7nWUnWVnc8neTneUnk9nmSnmTnuSn0_n1En1Fn2Sn2Tn9An9Fn-Tn-UoFBoFFoGUoGVoNPoN3oOVoOWoWHoWaoWqoW0odpoduoe_ofGolFo1Ho1Io1yo2Ho2Jo3Oo9Io9m',
  'o-Ho-no_MpHMpHOpNKpNdpNepNjpNzpVbpVcpVdpWppdmplNptOp-Wp-ip-oqFRqNSqd1qeGqfAqlZqlaqlgql0qm-qtqqt-qvEqvFqvPqvQq1hq29q2-q3Tq9lq-Pq-cq-1',
  'rForG2rG3rG4rNgrNurN0rO_rVbrVgrXArXBrdcrfBrfCrldrnCrtervCrvDrvEr1lr3Er-cr-hr-jr_RsFusF4sGRsGbsN0sN_sVysXJsXNsdmsdzsetse1slwsmFsnGsuc',
  'svEsvFsvRs1zs2ns2ts--s_TtFrtGktGttG4tNutORtV-tWOtWetXPtekte4tfItlttlvtl7tmKtmgtmyttvtt7tuNt2Rt2_t-Nt-gt-xt-zuF_uGFuN5uOLuOMuOQuOvuXN',
  'uXOuenul_um_ut2uuGu18vGRvGbvGxvGzvOMvOQvV7vWLvWQveKveLvl9vt-wGBwGOwOCwWDweEwnSw-Jw-nw-qxG2xG3xWLxWuxWvxWyxeQxevxmsxuzx2ex-cx-jx-1x_I',
  'yOzyWTyeUymVyuWy2iy2ly-Yy-fzGZzOazWwzW0zegzepzerzexzeyzmjznRzuezuhzu5zvPzvQz25z3P0Gx0Gy0PQ0PR0Wl0Wo0Wv0fI0mt0m10nI0us02o02u02w02y0-q',
  '1Gu1Gv1Oq1Or1O01W01ew1ey1e01u112v12y2Gy2G02Oz2vI22322423J2_H3HJ3O63W73e83m93vT33T3_G4HB4PC4XD4fE4nF4vQ4vR4_M5PL5PN5XL5XN5XO5fN5vO5_Q',
  '6HR6XT',
].join('');

let decoded: readonly (readonly [number, number])[] | null = null;

/** Pairs of points. */
export function meshEdges(): readonly (readonly [number, number])[] {
  decoded ??= Array.from({ length: EDGES.length / 3 }, (_, index) => {
    const digit = (at: number): number => DIGITS.indexOf(EDGES.charAt(index * 3 + at));
    const edge = (digit(0) << 12) | (digit(1) << 6) | digit(2);
    return [edge >> 9, edge & 511] as const;
  });
  return decoded;
}
