"""The case page, its moves and what four eyes do with them; `pages.router` has them all."""
