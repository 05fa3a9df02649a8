"""What a question finds: ids, rows, pages, nested pages, evidence, trees."""
