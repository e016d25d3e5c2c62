-- Applied after 002, whose number is smaller although its text sorts after it.
INSERT INTO shop.product (brand_id, slug, title, is_listed)
SELECT id, 'green', 'Green tea', true FROM shop.brand WHERE slug = 'leaf';

INSERT INTO shop.variant (product_id, sku, size)
SELECT id, 'GREEN-100', '100 g' FROM shop.product WHERE slug = 'green';

INSERT INTO shop.price (variant_id, amount, valid_from)
SELECT id, 7.50, '2020-01-01' FROM shop.variant WHERE sku = 'GREEN-100';
