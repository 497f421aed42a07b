"""Pages to look at: one self-contained HTML file of a deal, a project, a web or a book, and the charts of results in notebooks."""
